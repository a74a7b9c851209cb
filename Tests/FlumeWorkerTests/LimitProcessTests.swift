import FlumeRedis
import Foundation
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Limits over real processes")
struct LimitProcessTests {
    private func start(_ name: String, on server: RedisServer, _ arguments: [String]) async throws -> ChildProcess {
        try await WorkerProcess.start(name, on: server, concurrency: 4, arguments).child
    }

    @Test("jobs of one key run one at a time and hold up no other, whoever runs them")
    func byKey() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let pipeline = ["--pipeline", "name=limited,queue=limited,concurrency=2"]
            let first = try await start("first", on: server, pipeline)
            let second = try await start("second", on: server, pipeline)
            var jobs = (0..<5).map { job("LimitedJob", "a\($0)", args: #"["a",100]"#) }
            jobs.append(job("LimitedJob", "b", args: #"["b",1]"#))
            try await probe.enqueue(jobs, to: "limited")
            try await eventually("all have started") { try await probe.list("interop:stamps").count == 6 }
            let stamps = try await probe.list("interop:stamps").map { $0.split(separator: " ") }
            let order = stamps.map { String($0[0]) }
            #expect(order.sorted() == (0..<5).map { "a/a\($0)" } + ["b/b"])
            // Behind five that take 500 ms one after the other.
            #expect(order.prefix(3).contains("b/b"), "\(order)")
            let times = stamps.filter { $0[0].hasPrefix("a/") }.compactMap { Int($0[2]) }
            // Each sleeps for 100 ms after its stamp.
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 100_000) }
            for worker in [first, second] {
                worker.signal(SIGTERM)
                #expect(await worker.exit() == .status(0))
            }
            await probe.client.close()
        }
    }

    @Test("a process that declares other numbers for a key says so in its log, and they hold in every process")
    func otherNumbers() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            func declare(_ name: String, _ limits: String, queue: String = "default") async throws -> ChildProcess {
                try await start(name, on: server, ["--pipeline", "name=p,queue=\(queue),limits=\(limits)"])
            }
            let first = try await declare("first", "sliding_window 2 per 1h key k")
            let same = try await declare("same", "sliding_window 2 per 1h key k")
            try await probe.enqueue((0..<9).map { job("StampJob", "\($0)") }, to: "default")
            try await eventually("two have started") { try await probe.list("interop:stamps").count == 2 }
            let other = try await declare("other", "sliding_window 5 per 1h key k")
            try await eventually("three more have started") { try await probe.list("interop:stamps").count == 5 }
            let foreign = try await declare("foreign", "concurrency 3 key j", queue: "none")
            let clash = try await declare("clash", "sliding_window 4 per 1h key j:slots", queue: "none")

            try await eventually("the log tells") { other.output.contains("a limit had other numbers") }
            let line = try #require(other.output.split(separator: "\n").first { $0.contains("had other numbers") })
            #expect(line.contains("warning") && line.contains("flume.limit=k"))
            // What it was, and what it is.
            let numbers = try #require(line.firstRange(of: "flume.new="))
            #expect(line[numbers.upperBound...].prefix { $0 != "]" }.contains("count: 5"), "\(line)")
            #expect(line.contains("count: 2"))
            try await eventually("and of a clash") { clash.output.contains("one of another nature") }
            for child in [first, same, foreign] { #expect(!child.output.contains("a limit had"), "\(child.output)") }
            #expect(try await probe.hash("flume:limit:k")["count"] == "5")
            for child in [first, same, other, foreign, clash] { child.signal(SIGTERM) }
            for child in [first, same, other, foreign, clash] { #expect(await child.exit() == .status(0)) }
            #expect(try await probe.list("interop:stamps").count == 5)
            await probe.client.close()
        }
    }

    @Test("the slots of a process that was killed are free once its jobs are recovered, and not before")
    func killed() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.enqueue((0..<3).map { job("SleepJob", "\($0)", args: "[3]") }, to: "default")
            let arguments = ["--pipeline", "name=default,queue=default,limits=concurrency 2 key s", "--lease", "4"]
            let first = try await start("first", on: server, arguments)
            try await eventually("two have started") { try await probe.list("interop:started").count == 2 }
            first.signal(SIGKILL)
            #expect(await first.exit() == .signal(SIGKILL))
            let second = try await start("second", on: server, arguments)
            #expect(try await probe.number("HLEN", "flume:slots:s:slots") == 2)
            #expect(try await probe.list("interop:started").count == 2)
            try await eventually("all have finished", timeout: .seconds(60)) {
                try await Set(probe.list("interop:finished")).count == 3
            }
            try await probe.waitUntilDrained()
            #expect(try await probe.number("EXISTS", "flume:slots:s:slots") == 0)
            second.signal(SIGTERM)
            #expect(await second.exit() == .status(0))
            await probe.client.close()
        }
    }
    @Test("jobs that wait for the key of a job whose process was killed run after it is recovered, one at a time")
    func killedByKey() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            try await probe.enqueue(
                (0..<3).map { job("LimitedJob", "\($0)", args: #"["a",1000]"#) }, to: "limited")
            let arguments = ["--pipeline", "name=limited,queue=limited,concurrency=4", "--lease", "3"]
            let first = try await start("first", on: server, arguments)
            try await eventually("one runs and two wait for it") {
                let parked = try await probe.number("LLEN", "flume:parked:7:limited:16:LimitedJob:slots:a")
                return try await probe.list("interop:stamps").count == 1 && parked == 2
            }
            first.signal(SIGKILL)
            #expect(await first.exit() == .signal(SIGKILL))
            let second = try await start("second", on: server, arguments)
            try await eventually("all have run, one of them twice", timeout: .seconds(60)) {
                try await probe.list("interop:stamps").count == 4
            }
            try await probe.waitUntilDrained()
            let stamps = try await probe.list("interop:stamps").map { $0.split(separator: " ") }
            #expect(Set(stamps.map { String($0[0]) }) == ["a/0", "a/1", "a/2"])
            let times = stamps.dropFirst().compactMap { Int($0[2]) }
            for (earlier, later) in zip(times, times.dropFirst()) { #expect(later - earlier >= 1_000_000) }
            second.signal(SIGTERM)
            #expect(await second.exit() == .status(0))
            await probe.client.close()
        }
    }
}
