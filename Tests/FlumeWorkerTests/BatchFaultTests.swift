import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

@Suite("Batches: faults of Redis")
struct BatchFaultTests {
    @Test("while all connections are cut over and over, every job of every batch ends as its result says")
    func cutConnections() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let journal = Journal()
            let names = (0..<1000).map { "\($0)" }
            try await probe.enqueue(names.map { job("Note", $0) }, to: "default")
            let handler = Handler.batch("Note") { batch -> [JobResult] in
                try await Task.sleep(for: .milliseconds(10))
                for context in batch.contexts { journal.note(context.jid) }
                return batch.contexts.map { $0.jid.hasSuffix("0") ? .dead("as asked") : .done }
            }
            try await withWorker(
                on: probe, [handler],
                pipelines: Pipeline.batches(of: 10, after: .milliseconds(50), concurrency: 2)
            ) { _ in
                var cuts = 0
                while Set(journal.entries).count < 1000 {
                    _ = try? server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                    cuts += 1
                    try await Task.sleep(for: .milliseconds(30))
                    guard cuts < 1500 else { throw Boom("only \(Set(journal.entries).count) jobs ran") }
                }
                try await eventually("all are settled") {
                    try server.execute("EVAL", "return #redis.call('KEYS', 'flume:inflight:*')", "0") == "0"
                }
            }
            #expect(Set(journal.entries) == Set(names))
            #expect(try server.execute("LLEN", "queue:default") == "0")
            #expect(try server.execute("ZCARD", "retry") == "0")
            #expect(try server.execute("ZCARD", "dead") == "100")
            await probe.client.close()
        }
    }

    @Test("a batch that fails while Redis does not answer is retried when it does again")
    func failureWhileAway() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url()) { $0.commandTimeout = .seconds(10) }
            let (journal, gate) = (Journal(), Gate())
            let handler = Handler.batch("Fail") { batch in
                journal.note("running")
                try await gate.pass()
                journal.note("failed")
                throw Boom()
            }
            try await withWorker(
                on: probe, [handler], pipelines: Pipeline.batches(of: 3),
                adjust: { $0.commandTimeout = .milliseconds(200) }
            ) { _ in
                try await probe.enqueue((0..<3).map { job("Fail", "\($0)") }, to: "default")
                try await journal.wait(for: 1)
                server.suspend()
                gate.open()
                try await journal.wait(for: 2)
                // Long enough that the first attempt to settle is given up.
                try await Task.sleep(for: .milliseconds(400))
                server.resume()
                let failed = try await probe.wait(for: 3, in: "retry")
                #expect(try failed.allSatisfy { try JobPayload(parsing: Array($0.utf8)).retryCount == 0 })
                try await probe.waitUntilDrained()
            }
            #expect(try await probe.number("ZCARD", "retry") == 3)
            #expect(journal.entries == ["running", "failed"])
            await probe.client.close()
        }
    }
}
