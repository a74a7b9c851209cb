/// Code around every job of a worker: Sidekiq's server middleware.
///
/// The first in the list is the outermost. It runs on the job's task: what it throws is the job's failure, and a
/// ``JobDirective`` it throws is obeyed. ``HookMiddleware`` has the same in the form of hooks before and after.
///
/// A middleware halts a job by not calling `next`: neither the handler nor the middleware inside of this one is called.
/// The job is then done, and counts as processed. To have it end otherwise, throw: ``JobDirective/discard(_:)`` to say so in
/// the log, ``JobDirective/snooze(for:)`` to have it run later, ``JobDirective/kill(_:)`` for the dead set. The middleware
/// outside of it sees the end as if it were the handler's. However it ends, it is settled and its place is free.
///
/// Jobs that run as a batch have it around each of them, all at the same time: the handler is called once the middleware
/// of every job has called `next` or has ended, and each `next` ends as the handler says of that job. So it must not make
/// one job of a batch wait for the end of another.
public protocol ServerMiddleware: Sendable {
    /// Runs around a job.
    ///
    /// - Parameters:
    ///   - context: the job. Its arguments are not decoded yet.
    ///   - next: the rest of the chain, and at its end the handler. Call it at most once.
    /// - Throws: what is to be the job's failure.
    func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws
}
