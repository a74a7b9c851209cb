import Flume
import FlumeRedis
import FlumeTracing
import FlumeWire
import FlumeWorker
import FlumeWorkerTracing
import InMemoryTracing
import Logging
import TestSupport
import Testing
import Tracing

struct Traced: Job {
    static var options: JobOptions { .init(queue: "traced", retry: .none) }
    var number: Int
}

private struct Boom: Error {}

private let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

@Suite("Tracing")
struct TracingTests {
    /// Runs a worker until so many spans are finished.
    private func run(
        on probe: RedisProbe, _ middleware: TracingServerMiddleware, tracer: W3CTracer, until count: Int,
        _ perform: @escaping @Sendable (Traced, JobContext) async throws -> Void = { _, _ in }
    ) async throws {
        let worker = Worker(
            redis: RedisProbe(probe.client.configuration).client,
            handlers: HandlerRegistry([Handler(for: Traced.self, perform: perform)]),
            pipelines: [Pipeline("traced", queue: "traced", concurrency: 1)], middleware: [middleware], logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await eventually("there are \(count) spans") { tracer.spans.count >= count }
            worker.stop()
            try await group.waitForAll()
        }
    }

    @Test("a push writes traceparent and tracestate beside the job's fields, inside a producer span")
    func producer() async throws {
        try await withProbe { probe in
            let tracer = W3CTracer()
            let jobs = JobClient(redis: probe.client, middleware: [TracingClientMiddleware(tracer: tracer)])
            let request = tracer.startSpan("request", ofKind: .server)
            let jid = try await ServiceContext.withValue(request.context) {
                try await jobs.enqueue(Traced(number: 1))
            }
            request.end()
            let span = try #require(tracer.spans.first)
            #expect(span.operationName == "traced publish" && span.kind == .producer)
            #expect(span.traceID == request.traceID && span.parentSpanID == request.spanID)
            let stored = try JobPayload(parsing: Array(try await probe.queue("traced")[0].utf8))
            #expect(stored["traceparent"]?.string == "00-\(span.traceID)-\(span.spanID)-01")
            #expect(stored["tracestate"] == "flume=1")
            #expect(stored["args"] == [1])
            #expect(span.attributes.text("messaging.system") == "sidekiq")
            #expect(span.attributes.text("messaging.sidekiq.job_class") == "Traced")
            #expect(span.attributes.text("messaging.message_id") == jid)
            #expect(span.attributes.text("messaging.destination") == "traced")
            #expect(span.attributes.text("messaging.destination_kind") == "queue")
            #expect(span.events.map(\.name) == ["created_at"])
            #expect(span.status == nil && span.errors.isEmpty)
        }
    }

    @Test("a push that fails records why")
    func producerFailure() async throws {
        try await withProbe { probe in
            struct Refusing: ClientMiddleware {
                func push(
                    _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
                ) async throws -> JobPayload? { throw Boom() }
            }
            let tracer = W3CTracer()
            let middleware: [any ClientMiddleware] = [
                TracingClientMiddleware(tracer: tracer, naming: .jobClass), Refusing(),
            ]
            await #expect(throws: Boom.self) {
                try await JobClient(redis: probe.client, middleware: middleware).enqueue(Traced(number: 1))
            }
            let span = try #require(tracer.spans.first)
            #expect(span.operationName == "Traced publish")
            #expect(span.errors.count == 1 && span.status?.code == .error)
        }
    }

    @Test(
        "a job's span is linked to its producer's, or its child, or apart",
        arguments: [TracePropagation.link, .child, .none])
    func propagation(style: TracePropagation) async throws {
        try await withProbe { probe in
            let tracer = W3CTracer()
            try await JobClient(redis: probe.client, middleware: [TracingClientMiddleware(tracer: tracer)])
                .enqueue(Traced(number: 1))
            let middleware = TracingServerMiddleware(tracer: tracer, propagation: style)
            try await run(on: probe, middleware, tracer: tracer, until: 3) { _, _ in
                // What the handler traces belongs to the job's span.
                tracer.startSpan("inside", ofKind: .internal).end()
            }
            let (producer, inside, job) = (tracer.spans[0], tracer.spans[1], tracer.spans[2])
            #expect(job.operationName == "traced process" && job.kind == .consumer)
            #expect(inside.parentSpanID == job.spanID && inside.traceID == job.traceID)
            #expect((job.traceID == producer.traceID) == (style == .child))
            #expect(job.parentSpanID == (style == .child ? producer.spanID : nil))
            let linked = job.links.compactMap(\.context.inMemorySpanContext?.spanID)
            #expect(linked == (style == .link ? [producer.spanID] : []))
            #expect(job.attributes.text("messaging.operation") == "process")
            #expect(job.events.map(\.name) == ["created_at", "enqueued_at"])
        }
    }

    @Test("a job that Ruby's instrumentation enqueued goes on with its trace, and one without a trace begins one")
    func ruby() async throws {
        try await withProbe { probe in
            let tracer = W3CTracer()
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
            try await probe.enqueue(
                [
                    #"{"class":"Traced","args":[1],"jid":"r","queue":"traced","retry":true,"traceparent":"\#(parent)"}"#,
                    #"{"class":"Traced","args":[2],"jid":"n","queue":"traced","retry":true}"#,
                    #"{"class":"Traced","args":[3],"jid":"o","queue":"traced","retry":true,"traceparent":7}"#,
                ], to: "traced")
            let middleware = TracingServerMiddleware(tracer: tracer, propagation: .child)
            try await run(on: probe, middleware, tracer: tracer, until: 3)
            #expect(tracer.spans[0].traceID == "4bf92f3577b34da6a3ce929d0e0e4736")
            #expect(tracer.spans[0].parentSpanID == "00f067aa0ba902b7")
            #expect(tracer.spans[1].parentSpanID == nil && tracer.spans[2].parentSpanID == nil)
        }
    }

    @Test("what a job throws is recorded on its span, but not what is no failure")
    func errors() async throws {
        try await withProbe { probe in
            let tracer = W3CTracer()
            try await JobClient(redis: probe.client).enqueue(contentsOf: (0..<4).map { Traced(number: $0) })
            try await run(on: probe, TracingServerMiddleware(tracer: tracer), tracer: tracer, until: 4) { job, _ in
                switch job.number {
                case 0: throw Boom()
                case 1: throw JobDirective.snooze(for: .seconds(100))
                case 2: throw JobDirective.kill("enough")
                default: throw JobDirective.discard
                }
            }
            #expect(tracer.spans.map { $0.errors.count } == [1, 0, 1, 0])
            #expect(tracer.spans.map { $0.status?.code == .error } == [true, false, true, false])
            #expect(tracer.spans[0].status?.message?.hasPrefix("Boom") == true)
        }
    }

    @Test("without a tracer nothing is added to the payload")
    func noTracer() async throws {
        try await withProbe { probe in
            try await JobClient(redis: probe.client, middleware: [TracingClientMiddleware()])
                .enqueue(Traced(number: 1))
            #expect(try await probe.queue("traced")[0].contains("traceparent") == false)
        }
    }
}

extension SpanAttributes {
    fileprivate func text(_ key: String) -> String? {
        if case .string(let text)? = get(key) { text } else { nil }
    }
}
