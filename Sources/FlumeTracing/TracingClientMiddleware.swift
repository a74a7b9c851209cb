public import Flume
public import FlumeWire
public import Tracing

/// Puts a producer span around every push and its trace context into the payload.
///
/// What a job carries is what OpenTelemetry's instrumentation of Ruby's Sidekiq writes and reads: the fields of the tracer's
/// own propagation beside `jid` and `class`, with W3C's trace context `traceparent` and, where there is one, `tracestate`.
/// A Ruby worker goes on with a trace that began in Swift, and the other way round.
///
/// ```swift
/// let jobs = JobClient(redis: redis, middleware: [TracingClientMiddleware()])
/// ```
///
/// Put it first, so that the span covers what other middleware does. It ends before the job is written: a bulk is written in
/// one step, after all of its jobs went through here.
public struct TracingClientMiddleware: ClientMiddleware {
    private let tracer: (any Tracer)?
    private let naming: SpanNaming

    /// Makes a middleware.
    ///
    /// - Parameters:
    ///   - tracer: who makes the spans; by default whoever the application has set up.
    ///   - naming: what spans are called after.
    public init(tracer: (any Tracer)? = nil, naming: SpanNaming = .queue) {
        self.tracer = tracer
        self.naming = naming
    }

    private var instrument: any Instrument {
        if let tracer { return tracer }
        return InstrumentationSystem.instrument
    }

    /// Runs around one push.
    public func push(
        _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
    ) async throws -> JobPayload? {
        let queue = payload.queue ?? "default"
        let span = (tracer ?? InstrumentationSystem.tracer).startSpan(
            naming.name(of: payload, queue: queue, operation: "publish"), ofKind: .producer)
        defer { span.end() }
        TraceAttributes.describe(payload, queue: queue, on: span)
        TraceAttributes.addMoment("created_at", payload.createdAt, to: span)
        var traced = payload
        instrument.inject(span.context, into: &traced, using: PayloadInjector())
        do {
            return try await ServiceContext.withValue(span.context) { try await next(traced) }
        } catch {
            TraceAttributes.record(error, on: span)
            throw error
        }
    }
}
