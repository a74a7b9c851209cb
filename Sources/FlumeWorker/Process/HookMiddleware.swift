/// Middleware in Exq's words: something before each job, and something after it, told how it ended.
///
/// Each has an empty default. Where the same code has to stand around the handler, such as a span or a database
/// transaction, write a ``ServerMiddleware``.
///
/// ```swift
/// struct Audit: HookMiddleware {
///     func afterFailure(_ context: JobContext, error: any Error) async throws {
///         await log.write("\(context.jobClass) \(context.jid): \(error)")
///     }
/// }
/// ```
///
/// In a list of middleware the first is the outermost: its ``before(_:)`` is called first, and what comes after last. A
/// hook that calls ``JobContext/haltHooks()`` is the last one before or after the job.
public protocol HookMiddleware: ServerMiddleware {
    /// Called before the job.
    ///
    /// Throwing keeps the job from running, and no further hook of this middleware is called. A ``JobDirective`` says
    /// what becomes of the job: discarded, snoozed, retried or killed; any other error fails it.
    func before(_ context: JobContext) async throws

    /// Called when the handler, and the middleware inside of this one, have returned.
    ///
    /// Throwing fails the job: it runs again although its handler was through with it.
    func afterSuccess(_ context: JobContext) async throws

    /// Called when the handler, or a middleware inside of this one, has failed.
    ///
    /// That includes ``JobDirective/retry(after:)`` and ``JobDirective/kill(_:)``, a timeout, and the `CancellationError`
    /// of a job that is interrupted by a shutdown, which is no failure of the job. The job then goes on failing with
    /// `error`, unless this throws another.
    func afterFailure(_ context: JobContext, error: any Error) async throws

    /// Called when the handler, or a middleware inside of this one, has snoozed or discarded the job.
    ///
    /// It does as told then, unless this throws something else.
    func afterDirective(_ context: JobContext, directive: JobDirective) async throws
}

extension HookMiddleware {
    /// Does nothing.
    public func before(_ context: JobContext) async throws {}
    /// Does nothing.
    public func afterSuccess(_ context: JobContext) async throws {}
    /// Does nothing.
    public func afterFailure(_ context: JobContext, error: any Error) async throws {}
    /// Does nothing.
    public func afterDirective(_ context: JobContext, directive: JobDirective) async throws {}

    /// Calls the hooks around the job.
    public func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
        if context.callsHooks(.before) { try await before(context) }
        do {
            try await next(context)
        } catch let directive as JobDirective where !directive.isFailure {
            if context.callsHooks(.after) { try await afterDirective(context, directive: directive) }
            throw directive
        } catch {
            if context.callsHooks(.after) { try await afterFailure(context, error: error) }
            throw error
        }
        if context.callsHooks(.after) { try await afterSuccess(context) }
    }
}
