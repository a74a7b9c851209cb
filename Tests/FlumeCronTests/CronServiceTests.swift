import Flume
import FlumeConfiguration
import FlumeRedis
import FlumeWire
import Foundation
import ServiceLifecycle
import TestSupport
import Testing

@testable import FlumeCron

@Suite("The cron service")
struct CronServiceTests {
    @Test("three of them enqueue each second's job once, in time, and end at once")
    func everySecond() async throws {
        try await withProbe { probe in
            let schedule = try CronSchedule([entry("e", "* * * * * *")])
            let services = (0..<3).map { _ in CronService(schedule, jobs: probe.jobs, logger: silent) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in services { group.addTask { await service.run() } }
                try await eventually("three ticks") { try await probe.number("LLEN", "queue:default") >= 3 }
                let clock = ContinuousClock()
                let start = clock.now
                for service in services { service.stop() }
                try await group.waitForAll()
                // Their next tick was up to a second away, and it did not wait for it.
                print("three services ended within \(start.duration(to: clock.now))")
            }
            let ticks = try await probe.ticks()
            #expect(ticks == (0..<ticks.count).map { ticks[0] + $0 })
            for job in try await probe.payloads() {
                let tick = try #require(try job.arguments().last?.double)
                let late = try #require(job.enqueuedAt).seconds - tick
                // A tick is never early; how late it is depends on the machine, and is bounded by the next tick.
                #expect((0..<1).contains(late), "\(late)")
            }
        }
    }

    @Test("waits for a Redis that is away, makes up for the ticks of that time, and ends though Redis is silent")
    func outage() async throws {
        try await withRedisServer { server in
            let proxy = try await FaultProxy.start(to: server)
            defer { proxy.close() }
            let direct = try RedisProbe(url: server.url())
            let probe = try RedisProbe(url: proxy.url()) { $0.commandTimeout = .seconds(60) }
            let schedule = try CronSchedule([entry("e", "* * * * * *")])
            let service = CronService(schedule, jobs: probe.jobs, logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await service.run() }
                try await eventually("a tick") { try await direct.number("LLEN", "queue:default") >= 1 }
                // Each reply is cut off for a while: whether a tick was written is not known then.
                proxy.cutReplies(after: 0)
                try await eventually("it has tried again") { proxy.cuts > 5 }
                proxy.cutReplies(after: nil)
                let count = try await direct.number("LLEN", "queue:default")
                try await eventually("more ticks") { try await direct.number("LLEN", "queue:default") >= count + 2 }
                proxy.stall()
                let last = try #require(try await direct.ticks().last)
                try await eventually("it has asked for the tick after that") {
                    try await direct.now() > Double(last) + 2
                }
                let start = ContinuousClock.now
                service.stop()
                try await group.waitForAll()
                #expect(start.duration(to: .now) < .seconds(30))
            }
            let ticks = try await direct.ticks()
            #expect(ticks == (0..<ticks.count).map { ticks[0] + $0 })
            await direct.client.close()
        }
    }

    @Test("ends with its service group, before and after its first tick")
    func serviceGroup() async throws {
        try await withProbe { probe in
            let service = CronService(try CronSchedule([entry("e", "@yearly")]), jobs: probe.jobs, logger: silent)
            let group = ServiceGroup(services: [service], logger: silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await eventually("in force") { try await probe.number("EXISTS", "flume:cron:default:force") == 1 }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    @Test(
        "two worker processes with one schedule file run each tick once; a file with a mistake is named with its line")
    func processes() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let path = server.directory.file("schedule.yml")
            let yaml = """
                every second:
                  cron: "* * * * * *"
                  class: EchoJob
                  queue: ticks
                  args: [a]
                  date_as_argument: true
                """
            try yaml.write(toFile: path, atomically: true, encoding: .utf8)
            // The executable is built beside the test bundle.
            let worker = (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/interop-worker"
            func start(_ name: String, _ path: String) throws -> ChildProcess {
                try ChildProcess.spawn(
                    worker, ["--redis", server.url(), "--queues", "ticks", "--schedule", path],
                    output: server.directory.path, name: name)
            }
            let workers = try ["one", "two"].map { try start($0, path) }
            try await eventually("two ticks") { try await probe.number("LLEN", "interop:echo") >= 2 }
            for worker in workers { worker.signal(SIGTERM) }
            for worker in workers { #expect(await worker.exit() == .status(0)) }
            let ticks = try await probe.list("interop:echo").map { text in
                Int(try JSONValue(parsing: Array(text.utf8))["args"]?.array?.last?.double ?? 0)
            }
            #expect(ticks == (0..<ticks.count).map { ticks[0] + $0 })

            let broken = server.directory.file("broken.yml")
            try yaml.replacingOccurrences(of: "* * * * * *", with: "61 * * * *")
                .write(toFile: broken, atomically: true, encoding: .utf8)
            let child = try start("broken", broken)
            #expect(await child.exit() == .status(1))
            #expect(
                child.errorOutput.contains("broken.yml:2: every second.cron: minute: found 61"), "\(child.errorOutput)")
            await probe.client.close()
        }
    }

    @Test("10 processes that find 1,000 missed ticks at the same time enqueue each once, in order")
    func race() async throws {
        try await withRedisServer { server in
            let probe = try RedisProbe(url: server.url())
            let path = server.directory.file("schedule.yml")
            try """
            every minute:
              cron: "* * * * *"
              class: EchoJob
              queue: ticks
              date_as_argument: true
              missed: 1000
            """.write(toFile: path, atomically: true, encoding: .utf8)
            let worker = (Bundle.main.executableURL?.deletingLastPathComponent().path ?? ".") + "/interop-worker"
            func start(_ name: String) throws -> ChildProcess {
                try ChildProcess.spawn(
                    worker,
                    [
                        "--redis", server.url(), "--queues", "none", "--schedule", path, "--identity-file",
                        server.directory.file(name),
                    ], output: server.directory.path, name: name)
            }
            // Before it is ready a signal ends a process as it ends any.
            func stop(_ workers: [String: ChildProcess]) async throws {
                try await eventually("all are ready", timeout: .seconds(60)) {
                    workers.keys.allSatisfy { FileManager.default.fileExists(atPath: server.directory.file($0)) }
                }
                for worker in workers.values { worker.signal(SIGTERM) }
                for worker in workers.values { #expect(await worker.exit() == .status(0)) }
            }
            // One makes the entry known. While nobody runs, a thousand of its ticks go by.
            let alone = try start("first")
            let (state, mark) = ("flume:cron:default:state", "tick:every minute")
            try await eventually("the entry is known") { try await probe.hash(state)[mark] != nil }
            try await stop(["first": alone])
            let now = try #require(try await probe.hash(state)[mark].flatMap { Int($0) })
            let begin = now - now % 60 - 60_000
            try await probe.send("DEL", "queue:ticks")
            try await probe.send("HSET", state, mark, "\(begin)")

            var workers: [String: ChildProcess] = [:]
            for number in 0..<10 { workers["w\(number)"] = try start("w\(number)") }
            try await eventually("all are enqueued") {
                try await probe.hash(state)[mark].flatMap { Int($0) } ?? 0 >= begin + 60_000
            }
            try await stop(workers)
            let ticks = try await probe.payloads("ticks").compactMap { $0["args"]?.array?.last?.double }
            // A minute may have begun meanwhile: the first tick was one too many then.
            let first = try #require(ticks.first)
            #expect(ticks.count >= 1000 && first <= Double(begin + 120))
            #expect(ticks == (0..<ticks.count).map { first + 60 * Double($0) })
            await probe.client.close()
        }
    }
}
