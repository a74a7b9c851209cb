import Foundation

/// A random number generator whose seed is printed, so that a failure can be repeated.
///
/// SplitMix64: small, and good enough to make test data.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What the sequence started from.
    public let seed: UInt64
    private var state: UInt64

    /// Starts the sequence of a seed.
    public init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// Starts a sequence nobody has seen, or the one of the variable `FLUME_TEST_SEED`, and prints the seed.
    ///
    /// - Parameter label: Printed with the seed: the name of the test.
    /// - Returns: The generator at the start of its sequence.
    public static func printed(_ label: String = #function) -> SeededGenerator {
        let wanted = ProcessInfo.processInfo.environment["FLUME_TEST_SEED"].flatMap { UInt64($0) }
        let seed = wanted ?? UInt64.random(in: .min ... .max)
        print("\(label): FLUME_TEST_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
