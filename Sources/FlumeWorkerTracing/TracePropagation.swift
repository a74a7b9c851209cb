/// How a job's span belongs to the span that enqueued it.
///
/// The `propagation_style` of OpenTelemetry's instrumentation of Sidekiq, with its default.
public enum TracePropagation: Sendable, Hashable {
    /// A trace of its own with a link to the producer's span: a job may run days later, and be one of thousands.
    case link
    /// A child of the producer's span, in the same trace; baggage comes along.
    case child
    /// A trace of its own.
    case none
}
