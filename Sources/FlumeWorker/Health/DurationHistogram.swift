/// How long something took, in buckets.
public struct DurationHistogram: Sendable, Hashable {
    /// The upper bounds in seconds, inclusive; the last bucket has none.
    public static let bounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800,
    ]

    /// How many fell into each bucket, one more than there are bounds.
    public private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    /// All together, in seconds.
    public private(set) var sum = 0.0

    /// Makes an empty one.
    public init() {}

    /// Counts one.
    public mutating func record(_ duration: Duration) {
        let seconds = duration.seconds
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}
