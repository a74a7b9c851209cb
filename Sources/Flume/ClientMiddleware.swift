public import FlumeWire

/// Code around every push of a client: Sidekiq's client middleware.
///
/// The first in the list is the outermost.
public protocol ClientMiddleware: Sendable {
    /// Runs around one push, before anything is written.
    ///
    /// - Parameters:
    ///   - payload: the job, with `jid` and `created_at`. Change it and pass the change on. A job whose `queue` is changed
    ///     goes to that queue.
    ///   - next: the rest of the chain; it returns the payload as it will be written, or `nil` when it was stopped there.
    /// - Returns: what `next` returned, or `nil` to stop the push: nothing is written then, and the caller gets no jid.
    /// - Throws: anything, to fail the push before it is written.
    func push(
        _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
    ) async throws -> JobPayload?
}
