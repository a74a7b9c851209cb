import FlumeInspector
import FlumeWire
import TestSupport
import Testing

@Suite("The snippets about queues, sets and processes")
struct InspectorSnippetTests {
    @Test("they do what they say")
    func snippets() async throws {
        try await withProbe { probe in
            let redis = probe.client
            try await probe.enqueue([job("a"), job("b")], to: "mailers")
            try await probe.add([job("b4a577edbccf1d805744efa9")], to: "dead")
            try await probe.add([job("r", jobClass: "ImportJob"), job("s")], to: "retry")

            let inspector = Inspector(redis: redis)
            let dead = inspector.deadSet
            if let job = try await dead.find(jid: "b4a577edbccf1d805744efa9") {
                try await dead.retryNow([job])
            }
            for try await job in inspector.retrySet.jobs(containing: "ImportJob") where job.jobClass == "ImportJob" {
                try await inspector.retrySet.kill([job])
            }
            let newest = try await inspector.queue("mailers").page(limit: 25)
            let moves = try await inspector.queue("mailers").delete(newest)
            print("\(moves.moved) deleted, \(moves.gone) were gone already")
            try await inspector.scheduledSet.clear()

            for job in try await inspector.workSet.all() where (job.since ?? .infinity) < 1_795_000_000 {
                try await inspector.workSet.cancel(jid: job.jid ?? "")
            }
            for process in try await inspector.processSet.all() where process.tag == "canary" {
                try await inspector.processSet.send(.quiet, to: process.identity)
            }
            for day in try await inspector.history(days: 7) { print(day.day, day.processed, day.failed) }

            #expect(moves.moved == 2)
            #expect(try await probe.queue("default").count == 1)
            #expect(try await probe.members("retry") == [job("s")])
            #expect(try await probe.members("dead") == [job("r", jobClass: "ImportJob")])
        }
    }
}
