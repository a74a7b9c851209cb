/// What a payload may be at most before it is refused unread.
public struct PayloadLimits: Sendable, Hashable {
    /// The largest payload in bytes; at most 2 GiB − 1.
    public let maximumBytes: Int
    /// How many objects and arrays may be inside each other, the payload's own object included; at most 128.
    public let maximumDepth: Int

    /// 8 MiB, and the 100 levels beyond which Ruby can neither read nor write.
    public static let `default` = PayloadLimits()

    /// Makes limits; values out of bounds are moved to the nearest bound.
    public init(maximumBytes: Int = 8 << 20, maximumDepth: Int = 100) {
        self.maximumBytes = min(max(maximumBytes, 0), Int(Int32.max))
        self.maximumDepth = min(max(maximumDepth, 1), JSONScanner.greatestDepth)
    }
}
