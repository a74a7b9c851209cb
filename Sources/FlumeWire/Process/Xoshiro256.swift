/// A fast generator for ids and queue order: the system's asks the kernel each time, which is felt at 100,000 a second.
///
/// Algorithm: xoshiro256** by Blackman and Vigna. Seeded with 256 bits of the system's, so that no two processes ever
/// draw the same ids.
package struct Xoshiro256: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Seeded by another generator.
    package init(seededBy generator: inout some RandomNumberGenerator) {
        // The all-zero state would stay there.
        state = (generator.next(), generator.next(), generator.next(), generator.next() | 1)
    }

    /// Seeded by the system.
    package init() {
        var system = SystemRandomNumberGenerator()
        self.init(seededBy: &system)
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ by: UInt64) -> UInt64 { (value << by) | (value >> (64 - by)) }
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }
}
