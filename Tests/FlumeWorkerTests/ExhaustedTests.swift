import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

/// Sidekiq's `sidekiq_retries_exhausted` and what its block may answer.
@Suite("Jobs that have used up their retries")
struct ExhaustedTests {
    /// Runs jobs of a class that fails, and tells what was asked, what hooks heard, and who is dead.
    private func run(
        _ jobs: [String], answer: @escaping ExhaustedHook
    ) async throws -> (told: [String], dead: [String]) {
        try await withProbe { probe in
            let journal = Journal()
            let handler = Handler.failing()
                .onExhausted { payload, error in
                    journal.note("asked \(payload.jid ?? "") \(error)")
                    return try await answer(payload, error)
                }
                .onDeath { payload, _ in journal.note("hook \(payload.jid ?? "")") }
            try await withWorker(on: probe, [handler], concurrency: 1) { _ in
                try await probe.enqueue(jobs, to: "default")
                try await probe.waitUntilDrained()
            }
            return (journal.entries, try await probe.members("dead"))
        }
    }

    @Test("the class may say that a job is discarded; death hooks hear of it all the same")
    func discard() async throws {
        let (told, dead) = try await run(
            [job("Fail", "keep", #""retry":0"#), job("Fail", "drop", #""retry":0"#)]
        ) { payload, _ in payload.jid == "drop" ? .discard : .bury }
        #expect(told == ["asked keep boom", "hook keep", "asked drop boom", "hook drop"])
        #expect(dead.count == 1 && dead[0].contains(#""jid":"keep""#))
    }

    @Test("it is not asked about a job that is never retried, and asked where dead is false")
    func notAsked() async throws {
        let (told, dead) = try await run(
            [job("Fail", "never", #""retry":false"#), job("Fail", "undead", #""retry":0,"dead":false"#)]
        ) { _, _ in .bury }
        #expect(told == ["hook never", "asked undead boom", "hook undead"])
        #expect(dead.isEmpty)
    }

    @Test("a hook that fails discards nothing")
    func failing() async throws {
        let (told, dead) = try await run([job("Fail", "f", #""retry":0"#)]) { _, _ in throw Boom("hook") }
        #expect(told == ["asked f boom", "hook f"])
        #expect(dead.count == 1)
    }

    @Test("a shutdown waits for death hooks that are being called")
    func awaited() async throws {
        try await withProbe { probe in
            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.failing().onDeath { _, _ in
                journal.note("begun")
                // Not cancelled, whatever becomes of the job's task.
                await Task.detached { try? await gate.pass() }.value
                journal.note("ended")
            }
            try await withWorker(on: probe, [handler]) { running in
                try await probe.enqueue([job("Fail", "f", #""retry":0"#)], to: "default")
                try await journal.wait(for: 1)
                running.worker.stop()
                try await eventually("it is stopping") { try await probe.hash(running.identity)["quiet"] == "true" }
                gate.open()
            }
            #expect(journal.entries == ["begun", "ended"])
        }
    }

    @Test("death hooks are called, once, for a job whose settlement got no answer")
    func lostAnswer() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(20) }
            let journal = Journal()
            let handler = Handler.raw("Fail") { _, _ in
                // What is written now waits in the socket; the worker gives the connection up, and Redis then executes
                // the settlement for nobody.
                server.suspend()
                throw Boom()
            }
            .onDeath { payload, _ in journal.note(payload.jid ?? "") }
            try await withWorker(
                on: probe, [handler], concurrency: 1, adjust: { $0.commandTimeout = .milliseconds(200) }
            ) { running in
                try await probe.enqueue([job("Fail", "f", #""retry":0"#)], to: "default")
                try await eventually("the worker has given a connection up") {
                    running.worker.health.redis?.trouble != nil
                }
                server.resume()
                try await journal.wait(for: 1)
                try await probe.waitUntilDrained()
            }
            #expect(journal.entries == ["f"])
            #expect(try await probe.number("ZCARD", "dead") == 1)
            await probe.client.close()
        }
    }
}
