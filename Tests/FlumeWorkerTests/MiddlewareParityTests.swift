import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Synchronization
import TestSupport
import Testing

// What Exq's middleware can do, row by row, what stands for it here, and the test. A name without a file is in this one.
//
// before_work                   code before `next`, or HookMiddleware.before       "before and after success …"
// after_processed_work          code after `next`, or afterSuccess                 "before and after success …"
// after_failed_work             `catch`, or afterFailure, with the error           "a failure is told …"
//   of a snoozed job            afterDirective; not a failure                      "a snoozed or discarded job …"
// same order before and after   an onion, as Sidekiq's: the first is the first before and the last after
//                                                                                  "before and after success …"
// halt (the job still runs)     JobContext.haltHooks                               "a hook that halts …"
// terminate (the job leaks)     not calling `next`: done; a directive thrown: as it says; its place is free
//                                                                                  "a job that middleware halts …"
// around `perform` (missing)    `next` is awaited on the job's own task            "a middleware stands around …"
// assigns: own keys             JobContext.storage, typed                          "what one attempt stores …"
// assigns: job, queue           JobContext.payload, queue, jobClass, attempt       "a middleware sees the job …"
//   a changed job               JobContext.replacingPayload(with:)                 "a payload that a middleware …"
// assigns: redis, namespace     JobContext.jobs enqueues; anything else is the application's own client
// assigns: worker_module        JobContext.jobClass; arguments are decoded inside of the middleware
// assigns: started_at           a clock of the middleware's own; FlumeEvent.finished has the time it took
// assigns: host, process_info, manager, stats   the worker's business: FlumeEvent, Inspector
// result                        a handler returns nothing; what is to be known afterwards goes into the storage
// error, error_message          the error that `next` throws
// push at run time              none: the list is the worker's for its life, so that every job has the same
// default chain                 none needs to be listed: statistics, retries, uniqueness, logging cannot be left out

@Suite("Middleware: what Exq's can do")
struct MiddlewareParityTests {
    private enum Trail: JobStorageKey { typealias Value = [String] }

    private struct Hooks: HookMiddleware {
        let name: String
        let journal: Journal
        var halt: [String: any Error] = [:]
        /// The hooks that skip the rest.
        var last: Set<String> = []

        func before(_ context: JobContext) async throws {
            note("before", context)
            if let error = halt[context.jid] { throw error }
        }

        func afterSuccess(_ context: JobContext) async throws { note("success", context) }

        func afterFailure(_ context: JobContext, error: any Error) async throws {
            note("failure", context, ": \(error)")
        }

        func afterDirective(_ context: JobContext, directive: JobDirective) async throws { note("directive", context) }

        private func note(_ hook: String, _ context: JobContext, _ more: String = "") {
            journal.note("\(name) \(hook) \(context.jid)\(more)")
            if last.contains("\(hook) \(context.jid)") { context.haltHooks() }
        }
    }

    /// A middleware made of a closure.
    private struct Around: ServerMiddleware {
        typealias Next = (JobContext) async throws -> Void

        let body: @Sendable (JobContext, Next) async throws -> Void

        init(_ body: @escaping @Sendable (JobContext, Next) async throws -> Void) { self.body = body }

        func call(_ context: JobContext, next: Next) async throws { try await body(context, next) }
    }

    @Test("before and after success: the first in the list is the first before and the last after")
    func success() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let chain = ["a", "b"].map { Hooks(name: $0, journal: journal) }
            try await withWorker(on: probe, [.noting(journal)], middleware: chain) { _ in
                try await probe.enqueue([job("Note", "j")], to: "default")
                try await journal.wait(for: 5)
            }
            #expect(journal.entries == ["a before j", "b before j", "j", "b success j", "a success j"])
        }
    }

    @Test("a failure is told with its error, and the job is retried as without middleware")
    func failure() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = [
                Handler.failing("Fail", Boom("pop")), .failing("Kill", JobDirective.kill("bad")),
                .failing("Retry", JobDirective.retry(after: .seconds(60))),
            ]
            try await withWorker(
                on: probe, handlers, concurrency: 1, middleware: [Hooks(name: "a", journal: journal)]
            ) { _ in
                try await probe.enqueue([job("Fail", "f"), job("Kill", "k"), job("Retry", "r")], to: "default")
                #expect(try await probe.wait(for: 2, in: "retry").contains { $0.contains("pop") })
                #expect(try await probe.wait(for: 1, in: "dead")[0].contains("bad"))
            }
            let failures = journal.entries.filter { $0.contains("failure") }
            #expect(failures.map { $0.prefix(11) } == ["a failure f", "a failure k", "a failure r"])
            #expect(failures[0] == "a failure f: pop")
        }
    }

    @Test("a snoozed or discarded job is neither a success nor a failure to a hook")
    func directives() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let handlers = [
                Handler.failing("Snooze", JobDirective.snooze(for: .seconds(60))),
                .failing("Discard", JobDirective.discard),
            ]
            try await withWorker(
                on: probe, handlers, concurrency: 1, middleware: [Hooks(name: "a", journal: journal)]
            ) { _ in
                try await probe.enqueue([job("Snooze", "s"), job("Discard", "d")], to: "default")
                try await journal.wait(for: 4)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["a before s", "a directive s", "a before d", "a directive d"])
            #expect(try await probe.number("ZCARD", "schedule") == 1)
        }
    }

    @Test("a job that middleware halts is settled as it says, inner ones are not called, and its place is free")
    func halt() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let halting = Hooks(
                name: "b", journal: journal,
                halt: [
                    "discarded": JobDirective.discard("no use"), "snoozed": JobDirective.snooze(for: .seconds(60)),
                    "killed": JobDirective.kill("bad"), "failed": Boom(),
                ])
            let done = Around { context, next in
                if context.jid == "done" { return }
                try await next(context)
            }
            let chain: [any ServerMiddleware] = [
                Hooks(name: "a", journal: journal), halting, done, Hooks(name: "c", journal: journal),
            ]
            try await withWorker(on: probe, [.noting(journal)], concurrency: 1, middleware: chain) { _ in
                let jids = ["done", "discarded", "snoozed", "killed", "failed", "last"]
                try await probe.enqueue(jids.map { job("Note", $0) }, to: "default")
                try await eventually("the last job has run") { journal.entries.contains("a success last") }
                try await probe.waitUntilDrained()
            }
            let ends = journal.entries.filter { $0.hasPrefix("a ") && !$0.contains("before") }
            #expect(
                ends == [
                    "a success done", "a directive discarded", "a directive snoozed", ends[3], ends[4],
                    "a success last",
                ])
            #expect(ends[3].hasPrefix("a failure killed") && ends[4].hasPrefix("a failure failed"))
            #expect(journal.entries.filter { $0.hasPrefix("c before") } == ["c before last"])
            #expect(try await probe.members("schedule").count == 1)
            #expect(try await probe.members("dead").count == 1)
            #expect(try await probe.members("retry").count == 1)
        }
    }

    @Test("a hook that halts skips the other hooks of its phase; the job and all else go on")
    func haltHooks() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let chain: [any ServerMiddleware] = [
                Hooks(name: "a", journal: journal, last: ["before 1", "before 3"]),
                Around { context, next in
                    journal.note("around \(context.jid)")
                    try await next(context)
                },
                Hooks(name: "b", journal: journal, last: ["success 2", "failure 3", "directive 4"]),
                Hooks(name: "c", journal: journal),
            ]
            let handlers: [Handler] = [
                .noting(journal), .failing("Fail", Boom("pop")),
                .failing("Snooze", JobDirective.snooze(for: .seconds(60))),
            ]
            try await withWorker(on: probe, handlers, concurrency: 1, middleware: chain) { _ in
                try await probe.enqueue(
                    [job("Note", "1"), job("Note", "2"), job("Fail", "3"), job("Snooze", "4"), job("Note", "5")],
                    to: "default")
                try await eventually("the last job has run") { journal.entries.contains("a success 5") }
                #expect(try await probe.wait(for: 1, in: "retry")[0].contains("pop"))
            }
            func entries(_ jid: Character) -> [String] { journal.entries.filter { $0.contains(jid) } }
            #expect(entries("1") == ["a before 1", "around 1", "1", "c success 1", "b success 1", "a success 1"])
            #expect(
                entries("2") == [
                    "a before 2", "around 2", "b before 2", "c before 2", "2", "c success 2", "b success 2",
                ])
            #expect(entries("3") == ["a before 3", "around 3", "c failure 3: pop", "b failure 3: pop"])
            #expect(
                entries("4") == [
                    "a before 4", "around 4", "b before 4", "c before 4", "c directive 4", "b directive 4",
                ])
            #expect(entries("5").count == 8)
        }
    }

    @Test("a middleware stands around the handler on the job's own task: task-local values reach it")
    func around() async throws {
        enum Tenant {
            @TaskLocal static var current = ""
        }
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.raw("Tell") { _, _ in journal.note(Tenant.current) }
            let bind = Around { context, next in
                try await Tenant.$current.withValue("acme") { try await next(context) }
            }
            try await withWorker(on: probe, [handler], middleware: [bind]) { _ in
                try await probe.enqueue([job("Tell", "t")], to: "default")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["acme"])
        }
    }

    @Test("what one attempt stores the middleware and the handler share, and a retry starts empty")
    func storage() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let trace = Around { context, next in
                #expect(context.storage[Trail.self] == nil)
                context.storage[Trail.self] = ["in"]
                defer { journal.note((context.storage[Trail.self] ?? []).joined(separator: " ")) }
                try await next(context)
            }
            let handler = Handler.raw("Store") { _, context in
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 { group.addTask { context.storage.update(Trail.self) { $0?.append("x") } } }
                }
                #expect(context.storage[Trail.self]?.count == 51)
                context.storage[Trail.self] = ["\(context.attempt)"]
                if context.attempt == 1 { throw JobDirective.retry(after: .zero) }
            }
            try await withWorker(on: probe, [handler], middleware: [trace]) { _ in
                try await probe.enqueue([job("Store", "s")], to: "default")
                try await journal.wait(for: 2)
            }
            #expect(journal.entries == ["1", "2"])
        }
    }

    @Test("each job of a batch has a storage of its own")
    func batchStorage() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let mark = Around { context, next in
                context.storage[Trail.self] = [context.jid]
                try await next(context)
            }
            let handler = Handler.batch("Many") { batch in
                journal.note(batch.contexts.map { ($0.storage[Trail.self] ?? []).joined() }.joined(separator: " "))
            }
            let pipeline = Pipeline("p", queue: "default", concurrency: 1).batching(size: 2, timeout: .seconds(10))
            try await withWorker(on: probe, [handler], pipelines: [pipeline], middleware: [mark]) { _ in
                try await probe.enqueue([job("Many", "a"), job("Many", "b")], to: "default")
                try await journal.wait(for: 1)
            }
            #expect(journal.entries == ["a b"])
        }
    }

    @Test("a middleware sees the job: payload, queue, class, attempt")
    func access() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let look = Around { context, next in
                let locale = context.payload["locale"]?.string ?? ""
                journal.note("\(context.jid) \(context.queue) \(context.jobClass) \(context.attempt) \(locale)")
                try await next(context)
            }
            try await withWorker(on: probe, [.noting(journal)], queue: "other", middleware: [look]) { _ in
                let payload = job("Note", "j", args: "[]", #""retry_count":1,"failed_at":1700000000.5,"locale":"de""#)
                try await probe.enqueue([payload], to: "other")
                try await journal.wait(for: 2)
            }
            #expect(journal.entries == ["j other Note 3 de", "j"])
        }
    }

    @Test("a payload that a middleware replaces reaches the handler; a retry has the producer's")
    func replaced() async throws {
        try await withProbe { probe in
            let journal = Journal()
            let decrypt = Around { context, next in
                var payload = context.payload
                payload.set("args", to: ["plain"])
                try await next(context.replacingPayload(with: payload))
            }
            let handler = Handler("Secret") { (_: JobContext, text: String) in
                journal.note(text)
                throw Boom()
            }
            try await withWorker(on: probe, [handler], middleware: [decrypt]) { _ in
                try await probe.enqueue([job("Secret", "s", args: #"["c1ph3r"]"#)], to: "default")
                #expect(try await probe.wait(for: 1, in: "retry")[0].contains(#""args":["c1ph3r"]"#))
            }
            #expect(journal.entries == ["plain"])
        }
    }
}
