import FlumeActiveJob
import FlumeWire
public import FlumeWorker

/// Makes the attributes a job was enqueued under the current ones while it runs: the server side of Sidekiq's
/// CurrentAttributes.
///
/// `CurrentAttributes.current` has them then, and a client with `CurrentAttributesClientMiddleware` writes them into the
/// jobs that this one enqueues. A `cattr` that is in neither of Sidekiq's forms fails the job.
public struct CurrentAttributesServerMiddleware: ServerMiddleware {
    /// Makes a middleware; it has no settings.
    public init() {}

    /// Runs around a job.
    public func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
        let attributes = try context.currentAttributes
        try await CurrentAttributes.$current.withValue(attributes) { try await next(context) }
    }
}
