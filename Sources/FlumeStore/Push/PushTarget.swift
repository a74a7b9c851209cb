/// Where a producer's jobs go: Redis, or the memory of a test.
package protocol PushTarget: Sendable {
    /// Takes jobs, all or none of them, in the order given.
    ///
    /// - Returns: for each job that was not taken because another holds its lock, by its place: the jid of that one.
    func push(_ items: [PushItem]) async throws -> [Int: String]
}

extension JobStore: PushTarget {}
