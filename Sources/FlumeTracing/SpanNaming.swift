package import FlumeWire

/// What a job's spans are called after.
///
/// The `span_naming` of OpenTelemetry's instrumentation of Sidekiq, with its default.
public enum SpanNaming: Sendable, Hashable {
    /// The queue: `mailers publish`, `mailers process`.
    case queue
    /// The job class: `WelcomeEmail publish`, `WelcomeEmail process`.
    case jobClass

    /// The name of a span.
    package func name(of payload: JobPayload, queue: String, operation: String) -> String {
        switch self {
        case .queue: "\(queue) \(operation)"
        case .jobClass: "\(payload.handlerName ?? "") \(operation)"
        }
    }
}
