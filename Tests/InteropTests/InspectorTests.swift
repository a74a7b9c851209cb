import FlumeInspector
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

/// What the inspector does to jobs, beside what the buttons of Sidekiq's Web UI do.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct InspectorTests {
    private let failed =
        #""queue":"default","retry":5,"created_at":1795253697.836076,"enqueued_at":1795253697.836076,"retry_count":0,"#
        + #""failed_at":1795253698.5,"error_message":"boom","error_class":"Boom","x":{"n":12345678901234567890}}"#

    /// What Sidekiq's button and what the inspector makes of the same job, without its jid and the moment.
    private func pair(_ entries: [JobPayload]) throws -> [JSONValue] {
        try entries.map { entry in
            var entry = entry
            #expect(abs((entry.enqueuedAt?.seconds ?? 0)) > 0)
            for field in ["jid", "enqueued_at"] { entry.remove(field) }
            return try JSONValue(parsing: entry.bytes)
        }
    }

    @Test("a job that the inspector retries is the one that Sidekiq's button makes", arguments: ["retry", "dead"])
    func retryNow(set: String) async throws {
        try await withInterop { interop in
            for jid in ["ruby", "swift"] {
                try interop.database.execute(
                    "ZADD", set, "1795253699.25", #"{"class":"EchoJob","args":[1],"jid":"\#(jid)","# + failed)
            }
            try await interop.press("retry", set == "retry" ? "retries" : "morgue", "ruby")
            let probe = try RedisProbe(url: interop.url)
            let inspector = Inspector(redis: probe.client)
            let jobs = set == "retry" ? inspector.retrySet : inspector.deadSet
            let record = try #require(try await jobs.find(jid: "swift"))
            #expect(try await jobs.retryNow([record]).moved == 1)
            let waiting = try interop.waiting(in: "default")
            #expect(waiting.map(\.jid) == ["ruby", "swift"])
            let made = try pair(waiting)
            let members = made.map {
                Dictionary(uniqueKeysWithValues: ($0.object?.members ?? []).map { ($0.key, $0.value) })
            }
            #expect(members.count == 2 && members[0] == members[1])
            #expect(members.first?["retry_count"] == -1)
            #expect(try interop.number("ZCARD", set) == 0)
            await probe.client.close()
        }
    }

    @Test("a Ruby process and its running job are found, and it is told to be quiet and to stop")
    func processes() async throws {
        try await withInterop { interop in
            let jids = try await interop.enqueue(from: .ruby, "SleepJob", "[300]")
            let probe = try RedisProbe(url: interop.url)
            let inspector = Inspector(redis: probe.client)
            try await interop.withWorker(.ruby, shutdownTimeout: 1) { worker in
                // Ruby writes what runs, and then how many that are.
                try await eventually("its beat tells of the job", timeout: .seconds(40)) {
                    let busy = try await inspector.processSet.all().first?.busy
                    return try await inspector.workSet.all().map(\.jid) == jids && busy == 1
                }
                let process = try #require(try await inspector.processSet.all().first)
                #expect(process.identity == worker.identity && process.busy == 1 && process.concurrency == 2)
                await #expect(throws: InspectorError.cannotCancel(jids[0], process: worker.identity)) {
                    try await inspector.workSet.cancel(jid: jids[0])
                }
                #expect(try await inspector.processSet.sendToAll(.stop) == [worker.identity])
                #expect(await worker.child.exit() == .status(0))
            }
            #expect(try interop.waiting(in: "default").map(\.jid) == jids)
            await probe.client.close()
        }
    }
}
