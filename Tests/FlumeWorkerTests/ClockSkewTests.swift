import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("A host whose clock is wrong")
struct ClockSkewTests {
    private func configuration(hours: Int64) -> WorkerConfiguration {
        var configuration = WorkerConfiguration.quick
        configuration.hostMicroseconds = { WallClock.realtime() + hours * 3_600_000_000 }
        return configuration
    }

    @Test("workers an hour before and behind Redis's clock keep a limit together, and lose no capacity by it")
    func limit() async throws {
        try await withProbe { probe in
            let starts = Starts()
            try await probe.enqueue((0..<60).map { job("Time", "\($0)") }, to: "default")
            let pipelines = [
                Pipeline("p", queue: "default", concurrency: 4).rateLimit(15, per: .milliseconds(300), key: "k")
            ]
            try await withWorker(
                on: probe, [.timing(starts)], pipelines: pipelines, configuration: configuration(hours: 1)
            ) { _ in
                try await withWorker(
                    on: probe, [.timing(starts)], pipelines: pipelines, configuration: configuration(hours: -1)
                ) { _ in
                    try await starts.wait(for: 60)
                    try await probe.waitUntilDrained()
                }
            }
            #expect(most(in: 300_000 - preemption, starts.times) <= 15)
            #expect(Set(starts.jids).count == 60)
        }
    }

    @Test("what it writes is Redis's time, and a job runs when it is due by that", arguments: [1, -1] as [Int64])
    func times(hours: Int64) async throws {
        try await withProbe { probe in
            let starts = Starts()
            let before = try await probe.now()
            try await probe.send("ZADD", "schedule", "\(before + 0.3)", job("Time", "later"))
            let enqueuing = Handler.raw("Enqueue") { _, context in
                try await context.jobs.push(JobPayload(jobClass: "Time", arguments: [], queue: "unread"))
            }
            try await withWorker(
                on: probe, [.timing(starts), .failing(), enqueuing], configuration: configuration(hours: hours)
            ) { running in
                try await probe.enqueue([job("Enqueue", "e")], to: "default")
                try await eventually("it is there") { try await !probe.queue("unread").isEmpty }
                let pushed = try JobPayload(parsing: Array(try await probe.queue("unread")[0].utf8))
                #expect(abs(try #require(pushed.createdAt?.seconds) - before) < 10)
                try await probe.enqueue([job("Fail", "f")], to: "default")
                let failed = try JobPayload(parsing: Array(try await probe.wait(for: 1, in: "retry")[0].utf8))
                let failedAt = try #require(failed.failedAt?.seconds)
                try await starts.wait(for: 1)
                let after = try await probe.now()
                #expect(after >= before + 0.3)
                #expect((before - 2...after + 2).contains(failedAt))
                let beat = try #require(Double(try await probe.hash(running.identity)["beat"] ?? ""))
                #expect((before - 3...after + 3).contains(beat))
            }
        }
    }
}
