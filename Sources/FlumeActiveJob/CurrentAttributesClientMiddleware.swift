public import Flume
public import FlumeWire

/// Writes the current attributes into every job that has none: the client side of Sidekiq's CurrentAttributes.
///
/// A worker hands them on to the jobs that a job enqueues:
///
/// ```swift
/// configuration.clientMiddleware = [CurrentAttributesClientMiddleware()]
/// let worker = Worker(redis: redis, handlers: handlers, pipelines: pipelines,
///                     middleware: [CurrentAttributesServerMiddleware()], configuration: configuration, logger: logger)
/// ```
public struct CurrentAttributesClientMiddleware: ClientMiddleware {
    /// Makes a middleware; it has no settings.
    public init() {}

    /// Runs around one push.
    public func push(
        _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
    ) async throws -> JobPayload? {
        guard let attributes = CurrentAttributes.current else { return try await next(payload) }
        var payload = payload
        attributes.add(to: &payload)
        return try await next(payload)
    }
}
