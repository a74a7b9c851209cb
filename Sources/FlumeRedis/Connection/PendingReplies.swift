import NIOCore

/// A request that was written and waits for its replies.
struct PendingReplies {
    let deadline: NIODeadline
    let isBlocking: Bool
    let waiter: ReplyWaiter
    private var missing: Int
    private var replies: [RedisReply] = []

    init(_ request: RedisRequest) {
        deadline = request.deadline
        isBlocking = request.isBlocking
        waiter = request.waiter
        missing = request.replyCount
        if missing > 1 { replies.reserveCapacity(missing) }
    }

    /// Takes the next reply.
    ///
    /// - Returns: All replies when this was the last one that was missing.
    mutating func add(_ reply: RedisReply) -> [RedisReply]? {
        replies.append(reply)
        missing -= 1
        return missing == 0 ? replies : nil
    }

    /// Whether the request has one reply only, which then needs no list.
    var isSingle: Bool { missing == 1 && replies.isEmpty }
}
