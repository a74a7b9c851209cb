/// The 26 counters of a class's run times within a minute: unsigned 16 bit, saturating, bucket i at `#i`.
package struct HistogramBuckets: Sendable, Hashable {
    /// The upper bounds in milliseconds, exclusive; the last bucket has none.
    package static let upperBounds = [
        20, 30, 45, 65, 100, 150, 225, 335, 500, 750, 1100, 1700, 2500, 3800, 5750, 8500, 13_000, 20_000, 30_000,
        45_000,
        65_000, 100_000, 150_000, 225_000, 335_000,
    ]
    /// How many buckets there are.
    package static let count = upperBounds.count + 1

    /// How many runs fell into each bucket.
    package private(set) var counts = [Int](repeating: 0, count: count)

    /// Makes empty buckets.
    package init() {}

    /// The bucket of a run time: the first whose bound is greater.
    package static func bucket(milliseconds: Int) -> Int {
        upperBounds.firstIndex { $0 > milliseconds } ?? upperBounds.count
    }

    /// Counts one successful run.
    package mutating func record(milliseconds: Int) {
        counts[Self.bucket(milliseconds: milliseconds)] &+= 1
    }

    /// Adds what another one counted.
    package mutating func merge(_ other: HistogramBuckets) {
        for bucket in counts.indices { counts[bucket] &+= other.counts[bucket] }
    }

    /// Buckets with something in them, for `BITFIELD key OVERFLOW SAT INCRBY u16 #i n`.
    package var increments: [(bucket: Int, count: Int)] {
        counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }

    /// Reads the stored bytes: big-endian, missing ones are zero.
    package init(stored bytes: [UInt8]) {
        for index in 0..<min(Self.count, (bytes.count + 1) / 2) {
            let low = index * 2 + 1 < bytes.count ? Int(bytes[index * 2 + 1]) : 0
            counts[index] = Int(bytes[index * 2]) << 8 | low
        }
    }
}
