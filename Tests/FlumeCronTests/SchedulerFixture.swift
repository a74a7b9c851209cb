import Flume
import FlumeRedis
import FlumeWire
import Logging
import Synchronization
import TestSupport
import Testing

@testable import FlumeCron

/// A logger that says nothing.
let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

/// The clock of one scheduler: it stands until it is moved.
final class TestClock: Sendable {
    private let microseconds: Atomic<Int>

    init(_ start: Timestamp) { microseconds = Atomic(start.microseconds) }

    /// Seconds since 1970.
    var seconds: Int { microseconds.load(ordering: .relaxed) / 1_000_000 }

    func advance(by seconds: Int) {
        microseconds.add(seconds * 1_000_000, ordering: .relaxed)
    }

    func set(_ time: Timestamp) { microseconds.store(time.microseconds, ordering: .relaxed) }

    /// In place of Redis's time.
    @Sendable func now(_ redis: Int) -> Int { microseconds.load(ordering: .relaxed) }
}

extension RedisProbe {
    /// A client on the same database.
    var jobs: JobClient { JobClient(redis: client) }

    /// A scheduler that goes by a test's clock.
    func scheduler(
        _ schedule: CronSchedule, clock: TestClock? = nil, middleware: [any ClientMiddleware] = []
    ) -> CronScheduler {
        let jobs = JobClient(redis: client, middleware: middleware)
        guard let clock else { return CronScheduler(schedule, jobs: jobs, logger: silent) }
        return CronScheduler(schedule, jobs: jobs, logger: silent, now: clock.now)
    }

    /// Sets the time up to which an entry's ticks have been judged.
    func mark(_ entry: String, _ time: Timestamp, in schedule: String = "default") async throws {
        try await send("HSET", "flume:cron:\(schedule):state", "tick:\(entry)", "\(time.wholeSeconds)")
    }

    /// The payloads in a queue, the next to run first.
    func payloads(_ queue: String = "default") async throws -> [JobPayload] {
        try await self.queue(queue).map { try JobPayload(parsing: Array($0.utf8)) }
    }

    /// The last argument of each job in a queue, as whole seconds: the times of their ticks.
    func ticks(_ queue: String = "default") async throws -> [Int] {
        try await payloads(queue).map { payload in
            let last = try payload.arguments().last
            return Int((last?["scheduled_at"] ?? last)?.double ?? -1)
        }
    }
}

/// An entry whose job is told its tick.
func entry(
    _ name: String = "e", _ expression: String = "* * * * *", zone: String = "UTC", missed: MissedTicks = .runOnce,
    isEnabled: Bool = true, payload: JobPayload = JobPayload(jobClass: "TickJob", arguments: [1])
) throws -> CronEntry {
    try CronEntry(
        name, expression, zone: zone, payload: payload, tickArgument: .seconds, missed: missed, isEnabled: isEnabled)
}
