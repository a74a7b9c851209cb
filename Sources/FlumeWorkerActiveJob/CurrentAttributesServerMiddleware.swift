import FlumeActiveJob
public import FlumeWire
public import FlumeWorker

/// Makes the attributes a job was enqueued under the current ones while it runs: the server side of Sidekiq's
/// CurrentAttributes.
///
/// `CurrentAttributes.current` has them then, and a client with `CurrentAttributesClientMiddleware` writes them into the
/// jobs that this one enqueues. A `cattr` that is in neither of Sidekiq's forms fails the job.
public struct CurrentAttributesServerMiddleware: ServerMiddleware {
    private let coding: ActiveJobCoding

    /// Makes a middleware.
    ///
    /// - Parameter coding: which serializers of the application's own, and GlobalIDs of which applications, may be
    ///   among the attributes.
    public init(coding: ActiveJobCoding = ActiveJobCoding()) { self.coding = coding }

    /// Runs around a job.
    public func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
        let attributes = try context.currentAttributes(coding: coding)
        try await CurrentAttributes.$current.withValue(attributes) { try await next(context) }
    }
}
