/// Puts the parts of a reply together in the order in which they arrive.
///
/// Arrays that are not complete yet are on a stack; nothing is allocated that does not end up in the reply.
/// Every step answers with a token for the parser, 0 when the server's bytes make no sense.
final class ReplyBuilder {
    private struct OpenArray {
        var elements: [RedisReply]
        let count: Int
    }

    private var open: [OpenArray] = []
    private var complete: RedisReply?
    private var elements = 0
    let mostElements: Int

    /// What an array is announced to be long, a server that lies can choose: memory is reserved for this much only.
    private static let largestReservation = 1024
    /// The most elements of one reply, in all its arrays: each takes more memory than the few bytes that announce it.
    static let mostElements = 1 << 23
    /// The token of everything that is not an array with elements.
    static let leaf = 1 << 16

    /// Whether it has refused a reply for the number of its elements.
    var isTooLong: Bool { elements > mostElements }

    init(mostElements: Int = ReplyBuilder.mostElements) {
        self.mostElements = mostElements
    }

    /// Takes the complete reply.
    func take() -> RedisReply? {
        defer { complete = nil }
        return complete
    }

    /// Adds a reply that has no elements.
    ///
    /// - Parameters:
    ///   - reply: The reply.
    ///   - parent: The token of the array it is in, nil at the top.
    /// - Returns: Its token, or 0 when the array it claims to be in is not the one that is open.
    func add(_ reply: RedisReply, parent: Int?) -> Int {
        guard parent ?? 0 == open.count, count() else { return 0 }
        close(reply)
        return Self.leaf
    }

    /// Opens an array.
    ///
    /// - Parameters:
    ///   - count: The announced number of elements.
    ///   - parent: The token of the array it is in, nil at the top.
    /// - Returns: Its token, or 0 when count or parent make no sense.
    func addArray(count: Int, parent: Int?) -> Int {
        guard count >= 0 else { return 0 }
        guard count > 0 else { return add(.array([]), parent: parent) }
        guard parent ?? 0 == open.count, self.count() else { return 0 }
        var elements: [RedisReply] = []
        elements.reserveCapacity(min(count, Self.largestReservation))
        open.append(OpenArray(elements: elements, count: count))
        return open.count
    }

    /// Counts one more element of the reply that is being read.
    private func count() -> Bool {
        elements = open.isEmpty ? 1 : elements + 1
        return elements <= mostElements
    }

    private func close(_ reply: RedisReply) {
        var reply = reply
        while !open.isEmpty {
            let top = open.count - 1
            open[top].elements.append(reply)
            guard open[top].elements.count == open[top].count else { return }
            reply = .array(open.removeLast().elements)
        }
        complete = reply
    }
}
