public import FlumeTracing
import FlumeWire
public import FlumeWorker
public import Tracing

/// Runs every job inside a consumer span that goes on with the trace its producer began.
///
/// The producer may be Swift with `TracingClientMiddleware` or Ruby with OpenTelemetry's instrumentation of
/// Sidekiq; both write the same fields.
///
/// ```swift
/// let worker = Worker(redis: redis, handlers: handlers, pipelines: pipelines,
///                     middleware: [TracingServerMiddleware()], logger: logger)
/// ```
///
/// Put it first, so that the span covers the other middleware. What the job throws is recorded on the span, except for a
/// ``JobDirective`` that is no failure. Inside the handler the span's context is the current one.
public struct TracingServerMiddleware: ServerMiddleware {
    private let tracer: (any Tracer)?
    private let naming: SpanNaming
    private let propagation: TracePropagation

    /// Makes a middleware.
    ///
    /// - Parameters:
    ///   - tracer: who makes the spans; by default whoever the application has set up.
    ///   - naming: what spans are called after.
    ///   - propagation: how a job's span belongs to its producer's.
    public init(
        tracer: (any Tracer)? = nil, naming: SpanNaming = .queue, propagation: TracePropagation = .link
    ) {
        self.tracer = tracer
        self.naming = naming
        self.propagation = propagation
    }

    private var instrument: any Instrument {
        if let tracer { return tracer }
        return InstrumentationSystem.instrument
    }

    /// Runs around a job.
    public func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
        let span = startSpan(context)
        defer { span.end() }
        let payload = context.payload
        TraceAttributes.describe(payload, queue: context.queue, on: span)
        span.attributes["messaging.operation"] = "process"
        TraceAttributes.addMoment("created_at", payload.createdAt, to: span)
        TraceAttributes.addMoment("enqueued_at", payload.enqueuedAt, to: span)
        do {
            try await ServiceContext.withValue(span.context) { try await next(context) }
        } catch {
            if (error as? JobDirective)?.isFailure ?? true { TraceAttributes.record(error, on: span) }
            throw error
        }
    }

    private func startSpan(_ context: JobContext) -> any Span {
        var producer = ServiceContext.topLevel
        instrument.extract(context.payload, into: &producer, using: PayloadExtractor())
        let span = (tracer ?? InstrumentationSystem.tracer).startSpan(
            naming.name(of: context.payload, queue: context.queue, operation: "process"),
            // Never the current context: the task began in whatever ran the worker, which has nothing to do with the job.
            context: propagation == .child ? producer : .topLevel, ofKind: .consumer)
        if propagation == .link, !producer.isEmpty { span.addLink(SpanLink(context: producer, attributes: [:])) }
        return span
    }
}
