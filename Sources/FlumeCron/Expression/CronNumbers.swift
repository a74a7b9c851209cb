/// The numbers that one field of a cron expression names, from 0 to 63.
struct CronNumbers: Sendable, Hashable {
    private(set) var bits: UInt64 = 0

    /// No numbers.
    init() {}

    /// A single number.
    init(_ number: Int) { insert(number) }

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }

    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    /// The least of them that is not less than a number.
    func first(from number: Int = 0) -> Int? {
        guard number < UInt64.bitWidth else { return nil }
        let rest = bits >> UInt64(number)
        return rest == 0 ? nil : number + rest.trailingZeroBitCount
    }

    /// How many they are.
    var count: Int { bits.nonzeroBitCount }
}
