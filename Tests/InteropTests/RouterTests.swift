import FlumeWire
import Foundation
import Synchronization
import TestSupport
import Testing

/// `interop/ruby/flume_router.rb` in real Ruby processes.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct RouterTests {
    /// Ruby's `Zlib.crc32`: who is in a share is part of the format, since it must not change from version to version.
    private func crc32(_ text: String) -> UInt32 {
        ~text.utf8.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
    }

    private func isTaken(_ id: String, percent: Double) -> Bool {
        Double(crc32(id) % 10_000) < percent * 100
    }

    private func jids(_ interop: Interop, in queue: String) throws -> Set<String> {
        Set(try interop.waiting(in: queue).compactMap(\.jid))
    }

    private func route(_ interop: Interop, _ jobClass: String, _ route: String) throws {
        try interop.database.execute("HSET", "flume:routes", jobClass, route)
    }

    @Test("a share takes so many jobs of its class, the same ones in every process and by every way of enqueuing")
    func share() async throws {
        try await withInterop { interop in
            try route(interop, "EchoJob", "swift 30%")
            let single = try await interop.enqueue(
                from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--count", "1500")
            let bulk = try await interop.enqueue(
                from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--count", "1500", "--bulk")
            let other = try await interop.enqueue(from: .ruby, "NoopJob", "[]", "--routes", "redis", "--count", "5")
            let all = single + bulk
            let routed = try jids(interop, in: "swift")
            #expect(routed == Set(all.filter { isTaken($0, percent: 30) }))
            #expect(try jids(interop, in: "default") == Set(all + other).subtracting(routed))
            // Six standard deviations of 3,000 draws on either side.
            #expect((750...1050).contains(routed.count), "\(routed.count) of \(all.count), such as \(routed.prefix(5))")
            #expect(try interop.waiting(in: "swift").allSatisfy { $0.queue == "swift" })
            #expect(try interop.waiting(in: "swift").allSatisfy { $0["flume_routed_from"] == "default" })
            #expect(try interop.database.execute("SMEMBERS", "queues").contains("swift"))
        }
    }

    @Test("scheduled jobs and retries that Ruby pushes when they are due follow the route of that moment, back too")
    func due() async throws {
        try await withInterop { interop in
            try route(interop, "EchoJob", "swift")
            try route(interop, "FailJob", "swift")
            let scheduled = try await interop.enqueue(
                from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--in", "600", "--count", "3")
            let bulk = try await interop.enqueue(
                from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--in", "600", "--count", "3", "--bulk")
            #expect(try interop.entries("schedule").allSatisfy { $0.queue == "swift" })
            // One that failed in Ruby before its class was moved.
            try interop.database.execute(
                "ZADD", "retry", "1",
                #"{"class":"FailJob","args":["x"],"jid":"failed","queue":"elsewhere","retry":true,"retry_count":0}"#)

            try route(interop, "EchoJob", "none at all")
            try interop.makeDue("schedule")
            // What the poller of a Ruby worker does, without its wait of some seconds at the start.
            let poll = #"""
                require "\#(Ruby.scripts)/stack"
                require "sidekiq/cli"
                require "sidekiq/scheduled"
                Stack.redis_url = "\#(interop.url)"
                Stack.route("redis")
                Sidekiq.logger.reopen($stdout)
                config = [Sidekiq.default_configuration] if Sidekiq.respond_to?(:default_configuration)
                Sidekiq::Scheduled::Enq.new(*config).enqueue_jobs
                """#
            let said = try await interop.run(Ruby.prefix + ["ruby", "-e", poll])
            #expect(try interop.number("ZCARD", "schedule") + interop.number("ZCARD", "retry") == 0)
            #expect(try jids(interop, in: "default") == Set(scheduled + bulk), "a route that makes no sense is none")
            #expect(try interop.waiting(in: "default").allSatisfy { $0.rawValue("flume_routed_from") == nil })
            let retried = try #require(try interop.waiting(in: "swift").first)
            #expect(retried.jid == "failed" && retried["flume_routed_from"] == "elsewhere")
            #expect(said.contains(#"EchoJob: "none at all""#), "it is logged")
        }
    }

    @Test("an ActiveJob is routed by its own class, and its share by the job_id that its retries keep")
    func activeJob() async throws {
        try await withInterop { interop in
            try route(interop, "MailJob", "swift 50%")
            let ids = (0..<20).map { "7f3a0000-0000-4000-8000-0000000000\($0 + 10)" }
            for (index, id) in ids.enumerated() where index < 3 {
                _ = try await interop.enqueue(
                    from: .ruby, "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper",
                    #"[{"job_class":"MailJob","job_id":"\#(id)","arguments":[]}]"#, "--routes", "redis", "--count", "2",
                    "--set", #"{"wrapped":"MailJob"}"#)
                let queue = isTaken(id, percent: 50) ? "swift" : "default"
                #expect(try jids(interop, in: queue).count == 2, "\(id)")
                try interop.database.execute("DEL", "queue:\(queue)")
            }
        }
    }

    @Test(
        "real ActiveJobs are routed, their share by the job_id, and what retry_on enqueues goes where its job_id goes",
        .enabled(Comment(rawValue: Ruby.activeJobAbsence)) { try await Ruby.activeJobIsThere.value },
        arguments: ["redis", "file"])
    func realActiveJob(_ source: String) async throws {
        try await withInterop { interop in
            let file = interop.directory.file("routes.yml")
            let routes = source == "redis" ? "redis" : file
            try "RailsEchoJob: swift 50%\nRailsRetryJob: swift 50%\n"
                .write(toFile: file, atomically: true, encoding: .utf8)
            for jobClass in ["RailsEchoJob", "RailsRetryJob"] { try route(interop, jobClass, "swift 50%") }
            func enqueue(_ jobClass: String, _ more: String...) async throws {
                try await interop.run(
                    Ruby.command(
                        "active_job.rb", ["--redis", interop.url, "--active-job", jobClass, "--count", "40"] + more))
            }
            func jobIDs(_ jobs: [JobPayload]) -> Set<String> {
                Set(jobs.compactMap { $0["args"]?.array?.first?["job_id"]?.string })
            }
            try await enqueue("RailsEchoJob", "--routes", routes)
            let (swift, ruby) = (try interop.waiting(in: "swift"), try interop.waiting(in: "default"))
            #expect(swift.count + ruby.count == 40 && !swift.isEmpty && !ruby.isEmpty)
            #expect(jobIDs(swift).allSatisfy { isTaken($0, percent: 50) })
            #expect(!jobIDs(ruby).contains { isTaken($0, percent: 50) })
            #expect(swift.allSatisfy { $0.queue == "swift" && $0["flume_routed_from"] == "default" })

            // These run in Ruby, and their next attempts are pushed there.
            try interop.database.execute("DEL", "queue:default")
            try await enqueue("RailsRetryJob")
            let all = jobIDs(try interop.waiting(in: "default"))
            try await interop.withWorker(.ruby, concurrency: 5, routes: routes) { _ in
                try await eventually("all have failed once", timeout: .seconds(40)) {
                    let records = try interop.list("interop:echo").map { try JSONValue(parsing: Array($0.utf8)) }
                    return Set(records.compactMap { $0["job_id"]?.string }).isSuperset(of: all)
                }
            }
            // Nobody reads `swift`; what stays in Ruby may have run again.
            let next = try (interop.entries("schedule") + interop.waiting(in: "swift")).filter { job in
                all.contains(job["args"]?.array?.first?["job_id"]?.string ?? "")
            }
            let routed = jobIDs(next.filter { $0.queue == "swift" })
            #expect(routed == all.filter { isTaken($0, percent: 50) } && !routed.isEmpty)
            #expect(next.allSatisfy { $0["args"]?.array?.first?["executions"]?.int ?? 0 > 0 })
        }
    }

    @Test("a file of routes works as the hash does; without a readable one jobs stay in Ruby")
    func file() async throws {
        try await withInterop { interop in
            let file = interop.directory.file("routes.yml")
            try "EchoJob: swift 100%\n\"::NoopJob\": noops\n".write(toFile: file, atomically: true, encoding: .utf8)
            _ = try await interop.enqueue(from: .ruby, "EchoJob", "[]", "--routes", file)
            _ = try await interop.enqueue(from: .ruby, "NoopJob", "[]", "--routes", file)
            #expect(try interop.number("LLEN", "queue:swift") == 1)
            #expect(try interop.number("LLEN", "queue:noops") == 1)
            try "- EchoJob: [".write(toFile: file, atomically: true, encoding: .utf8)
            _ = try await interop.enqueue(from: .ruby, "EchoJob", "[]", "--routes", file)
            try interop.database.execute("SET", "flume:routes", "no hash")
            _ = try await interop.enqueue(from: .ruby, "EchoJob", "[]", "--routes", "redis")
            #expect(try interop.number("LLEN", "queue:default") == 2)
        }
    }

    @Test("when the routes cannot be read any more, the last ones count")
    func unreadable() async throws {
        try await withInterop { interop in
            try route(interop, "EchoJob", "swift")
            let script = #"""
                require "\#(Ruby.scripts)/stack"
                Stack.redis_url = "\#(interop.url)"
                Stack.route("redis")
                2.times do
                  Stack.job_class("EchoJob").perform_async
                  Sidekiq.redis { |redis| redis.set("flume:routes", "no hash") }
                  sleep 0.1
                end
                """#
            try await interop.run(Ruby.prefix + ["ruby", "-e", script])
            #expect(try interop.number("LLEN", "queue:swift") == 2)
        }
    }

    @Test("a job that a Swift worker without its class has handed over is not routed there again")
    func handedOver() async throws {
        try await withInterop { interop in
            try route(interop, "EchoJob", "swift")
            _ = try await interop.enqueue(
                from: .ruby, "EchoJob", "[]", "--routes", "redis", "--set", #"{"flume_handovers":1}"#)
            #expect(try interop.number("LLEN", "queue:default") == 1)
        }
    }

    @Test("nothing is lost and nothing runs twice while the routes change under load")
    func changing() async throws {
        var generator = SeededGenerator.printed("routes change")
        try await withInterop { interop in
            // What the producers read first, so that both queues have a part in any case.
            try route(interop, "EchoJob", "swift 50%")
            let enqueuing = Task {
                async let single = interop.enqueue(
                    from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--count", "1500")
                async let bulk = interop.enqueue(
                    from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--count", "4000", "--bulk")
                async let later = interop.enqueue(
                    from: .ruby, "EchoJob", "[1]", "--routes", "redis", "--count", "500", "--in", "1")
                return try await single + bulk + later
            }
            let all = try await interop.withWorker(.swift, queues: "swift", concurrency: 10) { _ in
                try await interop.withWorker(.ruby, queues: "default", concurrency: 5) { _ in
                    let isEnqueuing = Mutex(true)
                    Task {
                        _ = await enqueuing.result
                        isEnqueuing.withLock { $0 = false }
                    }
                    let routes = [
                        "swift", "swift 30%", "swift 70%", "swift 0%", "default", "swift 300%", "two words", "",
                    ]
                    while isEnqueuing.withLock({ $0 }) {
                        let route = routes[Int.random(in: routes.indices, using: &generator)]
                        // Now and then the routes are gone, or cannot be read.
                        switch Int.random(in: 0..<8, using: &generator) {
                        case 0: try interop.database.execute("DEL", "flume:routes")
                        case 1: try interop.database.execute("SET", "flume:routes", "no hash")
                        case 2:
                            try interop.database.execute("DEL", "flume:routes")
                            try self.route(interop, "EchoJob", route)
                        default:
                            guard try interop.database.execute("TYPE", "flume:routes") != "string" else { break }
                            try self.route(interop, "EchoJob", route)
                        }
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    let all = try await enqueuing.value
                    #expect(Set(all).count == 6000)
                    _ = try await interop.echoes(count: 6000)
                    return all
                }
            }
            let echoes = try interop.echoes()
            #expect(echoes.count == 6000)
            #expect(Set(echoes.map(\.jid)) == Set(all))
            let queues = Set(echoes.map(\.queue))
            #expect(queues == ["default", "swift"], "both took part")
            #expect(try interop.number("ZCARD", "retry") + interop.number("ZCARD", "schedule") == 0)
        }
    }
}
