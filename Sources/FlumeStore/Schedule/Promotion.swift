/// A due job and where it goes.
package struct Promotion: Sendable {
    /// The bytes it is stored with, by which it leaves its set.
    package let member: [UInt8]
    /// The queue it goes to; `nil`: it can never run, and goes to `dead`.
    package let queue: String?
    /// The bytes to store there.
    package let payload: [UInt8]

    package init(member: [UInt8], queue: String?, payload: [UInt8]) {
        self.member = member
        self.queue = queue
        self.payload = payload
    }
}

/// What became of a promotion.
package enum PromotionVerdict: Sendable, Hashable {
    /// It was moved by this call.
    case moved
    /// Somebody else had moved or deleted it.
    case gone
    /// It could not arrive, for the reason Redis gave, and stays where it was.
    case refused(String)
}
