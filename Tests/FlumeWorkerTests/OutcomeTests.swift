import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

@Suite("How a job ends")
struct OutcomeTests {
    @Test("a job that fails waits in retry with its error and every byte of the rest, and runs again when due")
    func retry() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let flaky = Handler.raw("Flaky") { _, context in
                journal.note("attempt \(context.attempt)")
                if context.attempt < 3 { throw JobDirective.retry(after: .milliseconds(30)) }
            }
            try await probe.enqueue(
                [job("Flaky", "j", args: "[1.50,{\"b\":1,\"a\":[]}]", #""retry":5,"extra":1E2"#)], to: "default")
            try await withWorker(on: probe, [flaky, .failing()]) { _ in
                try await journal.wait(for: 3)
                try await probe.waitUntilDrained()
                try await probe.enqueue(
                    [job("Fail", "f", args: "[1.50,{\"b\":1,\"a\":[]}]", #""retry":5,"extra":1E2"#)], to: "default")
                let failed = try await probe.wait(for: 1, in: "retry")[0]
                #expect(
                    failed.hasPrefix(
                        #"{"class":"Fail","args":[1.50,{"b":1,"a":[]}],"jid":"f","queue":"default","retry":5,"extra":1E2,"error_message":"boom","error_class":"Boom","failed_at":"#
                    ), "\(failed)")
                #expect(failed.hasSuffix(#","retry_count":0}"#))
            }
            #expect(journal.entries == ["attempt 1", "attempt 2", "attempt 3"])
        }
    }

    @Test("retry 0 goes to dead, retry false goes nowhere, and both call the death hooks once it is written")
    func deaths() async throws {
        try await withProbe { probe in
            let journal = Journal()
            var configuration = WorkerConfiguration.quick
            configuration.deathHooks = [
                { payload, error in
                    let dead = try await probe.number("ZCARD", "dead")
                    journal.note("all \(payload.jid ?? "") \(error) dead=\(dead)")
                }
            ]
            let handler = Handler.failing().onDeath { payload, _ in
                journal.note("own \(payload.jid ?? "")")
                throw Boom("a hook that fails harms nobody")
            }
            try await withWorker(on: probe, [handler], concurrency: 1, configuration: configuration) { _ in
                try await probe.enqueue(
                    [job("Fail", "zero", #""retry":0"#), job("Fail", "false", #""retry":false"#)], to: "default")
                try await journal.wait(for: 4)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["own zero", "all zero boom dead=1", "own false", "all false boom dead=1"])
            #expect(try await probe.members("retry").isEmpty)
        }
    }

    @Test("a handler snoozes, discards or kills its job")
    func directives() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let snooze = Handler.raw("Snooze") { _, context in
                journal.note("run")
                if journal.entries.filter({ $0 == "run" }).count == 1 {
                    throw JobDirective.snooze(for: .milliseconds(30))
                }
                #expect(context.attempt == 1)
            }
            let handlers = [
                snooze, .failing("Discard", JobDirective.discard("enough")),
                .failing("Kill", JobDirective.kill("no use")),
            ]
            try await withWorker(on: probe, handlers) { _ in
                try await probe.enqueue(
                    [job("Snooze", "s", #""retry":0"#), job("Discard", "d"), job("Kill", "k")], to: "default")
                try await journal.wait(for: 2)
                let dead = try await probe.wait(for: 1, in: "dead")
                let payload = try JobPayload(parsing: Array(dead[0].utf8))
                #expect(payload.jid == "k")
                #expect(payload["error_message"] == "no use")
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 0)
            #expect(try await probe.number("ZCARD", "schedule") == 0)
            #expect(try await probe.number("ZCARD", "dead") == 1)
        }
    }

    @Test("a job that runs longer than its timeout is cancelled and fails with that reason")
    func timeout() async throws {
        try await withProbe { probe in
            let gate = Gate()
            let slow = Handler.gated(Journal(), gate, as: "Slow").timeout(.milliseconds(50))
            try await withWorker(on: probe, [slow]) { _ in
                try await probe.enqueue([job("Slow", "s")], to: "default")
                let payload = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(payload["error_class"] == "JobTimeoutError")
                #expect(payload["error_message"]?.string?.contains("0.05 seconds") == true)
            }
        }
    }

    @Test("a job that ends before its timeout is left alone")
    func noTimeout() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [Handler.noting(journal).timeout(.seconds(30))]) { _ in
                try await probe.enqueue([job("Note", "n")], to: "default")
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test(
        "an unknown class is retried, handed on or dead",
        arguments: [UnknownClassPolicy.retry, .forward(toQueue: "ruby"), .dead])
    func unknownClass(policy: UnknownClassPolicy) async throws {
        try await withProbe { probe in
            var configuration = WorkerConfiguration.quick
            configuration.unknownClass = policy
            try await withWorker(on: probe, [.failing()], configuration: configuration) { _ in
                try await probe.enqueue([job("Nobody", "n")], to: "default")
                switch policy {
                case .retry: #expect(try await probe.wait(for: 1, in: "retry")[0].contains("UnknownClassError"))
                case .dead: #expect(try await probe.wait(for: 1, in: "dead")[0].contains("Nobody"))
                case .forward:
                    try await eventually("the job is in ruby") { try await probe.queue("ruby").count == 1 }
                    #expect(try await probe.set("queues").contains("ruby"))
                }
            }
            #expect(try await probe.inflight().isEmpty)
        }
    }
}

@Suite("Jobs of unknown classes without a retry of their own")
struct UnknownClassTests {
    /// Sidekiq drops such a job; here nothing is lost.
    @Test("they are retried as if they said true", arguments: ["", #","retry":null"#])
    func kept(more: String) async throws {
        try await withProbe { probe in
            try await withWorker(on: probe, [.failing()]) { _ in
                try await probe.enqueue(
                    [#"{"class":"Nobody","args":[],"jid":"n","queue":"default"\#(more)}"#], to: "default")
                let retry = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                #expect(retry["error_class"] == "UnknownClassError" && retry.retryCount == 0)
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "dead") == 0)
        }
    }
}

@Suite("Handlers and middleware")
struct HandlerTests {
    struct Order: Job {
        var number: Int
        var note: String?
    }

    struct OrderHandler: JobHandler {
        let journal: Journal
        func perform(_ job: Order, context: JobContext) async throws {
            journal.note("\(job.number) \(job.note ?? "-")")
        }
    }

    @Test("typed, closure and raw handlers get their arguments; missing trailing optionals are nil")
    func kinds() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = HandlerRegistry {
                OrderHandler(journal: journal)
                Handler("Closure") { (context, id: Int, map: [String: Int], factor: Double?) in
                    journal.note("\(context.queue) \(id) \(map) \(factor.map { "\($0)" } ?? "nil")")
                }
                Handler.raw("Raw") { payload, _ in journal.note(payload.description) }
            }
            #expect(handlers.jobClasses == ["Closure", "Order", "Raw"])
            let raw = job("Raw", "r", args: "[ 1 , 2.0]")
            try await probe.enqueue(
                [job("Order", "a", args: "[7]"), job("Closure", "b", args: #"[3,{"x":1}]"#), raw], to: "default")
            let all: [Handler] = [
                Handler(OrderHandler(journal: journal)),
                Handler("Closure") { (context, id: Int, map: [String: Int], factor: Double?) in
                    journal.note("\(context.queue) \(id) \(map) \(factor.map { "\($0)" } ?? "nil")")
                },
                .raw("Raw") { payload, _ in journal.note(payload.description) },
            ]
            try await withWorker(on: probe, all, concurrency: 1) { _ in try await journal.wait(for: 3) }
            #expect(journal.entries == ["7 -", #"default 3 ["x": 1] nil"#, raw])
        }
    }

    @Test("a wrapped job goes to the handler of the wrapped class")
    func wrapped() async throws {
        try await withProbe { probe in
            let journal = Journal()
            try await withWorker(on: probe, [.noting(journal, as: "Inner")]) { _ in
                try await probe.enqueue([job("Sidekiq::ActiveJob::Wrapper", "w", #""wrapped":"Inner""#)], to: "default")
                try await journal.wait(for: 1)
            }
        }
    }

    private struct Tracing: ServerMiddleware {
        let name: String
        let journal: Journal

        func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
            journal.note("\(name) in")
            defer { journal.note("\(name) out") }
            if context.jid == name { return }
            if context.jid == "snooze-\(name)" { throw JobDirective.discard }
            try await next(context)
        }
    }

    @Test("the first middleware is the outermost; one that does not call on ends the job as done")
    func middleware() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let chain = ["a", "b"].map { Tracing(name: $0, journal: journal) }
            try await withWorker(on: probe, [.noting(journal)], concurrency: 1, middleware: chain) { _ in
                try await probe.enqueue([job("Note", "run"), job("Note", "b"), job("Note", "snooze-a")], to: "default")
                try await journal.wait(for: 11)
                try await probe.waitUntilDrained()
            }
            #expect(
                journal.entries == [
                    "a in", "b in", "run", "b out", "a out", "a in", "b in", "b out", "a out", "a in", "a out",
                ])
            #expect(try await probe.number("ZCARD", "retry") == 0)
        }
    }

    @Test("an error of a middleware fails the job")
    func middlewareFails() async throws {
        struct Failing: ServerMiddleware {
            func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
                try await next(context)
                throw Boom("afterwards")
            }
        }
        try await withProbe { probe in
            try await withWorker(on: probe, [.noting(Journal())], middleware: [Failing()]) { _ in
                try await probe.enqueue([job("Note", "n")], to: "default")
                #expect(try await probe.wait(for: 1, in: "retry")[0].contains("afterwards"))
            }
        }
    }

    @Test("a handler enqueues further jobs on the worker's Redis")
    func enqueues() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let parent = Handler.raw("Parent") { _, context in
                try await context.jobs.push(JobPayload(jobClass: "Note", jid: "child"))
            }
            try await withWorker(on: probe, [parent, .noting(journal)]) { _ in
                try await probe.enqueue([job("Parent", "p")], to: "default")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["child"])
        }
    }
}
