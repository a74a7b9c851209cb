import FlumeCron
import FlumeWire
import FlumeWorker

/// A part of a job's way, with a small workload that takes the same steps each time.
struct CrashStation: Sendable {
    /// What the process does that is killed.
    enum Victim: Sendable {
        /// It runs jobs, and is told to stop when all are done.
        case worker
        /// It runs jobs, and is told to stop when so many have begun.
        case stoppedWorker(begun: Int)
        /// It enqueues, and ends.
        case producer
        /// It keeps the time of periodic jobs for a while, and ends.
        case cron
    }

    let name: String
    /// Commands and places that it is there for: a run that does not pass them all tests nothing.
    let passes: [String]
    var victim = Victim.worker
    var pipeline = Pipeline("lab", queues: [.init("default"), .init("other")], concurrency: 1)
    /// Seconds a lease of the victim lasts.
    var lease = 0.4
    /// What is in Redis before it starts.
    var seed: @Sendable (CrashSeeder) async throws -> Void = { _ in }

    /// Whether there may be something left to do when the victim has ended undisturbed.
    var needsRescue: Bool { if case .worker = victim { false } else { true } }

    /// The place that a point is a passing of, with the station's name, if the station is there for it.
    func aim(of point: String) -> String? {
        let place = CrashPlan.name(of: point)
        return passes.contains { place.hasPrefix($0 + ".") } ? "\(name), \(place)" : nil
    }

    /// Every way in and out of the in-flight record, and every other verb that writes.
    static let all: [CrashStation] = [
        CrashStation(
            name: "fetch and settle",
            passes: ["jobs/fetch", "jobs/settle", "handler", "jobs/leave"]
        ) { redis in
            try await redis.enqueue("LabQuick", "a1")
            try await redis.enqueue("LabQuick", "a2", queue: "other")
            try await redis.enqueueBytes("no job")
            try await redis.enqueue("LabQuick", "a3")
        },
        CrashStation(
            name: "fetch of an idle worker", passes: ["jobs-wait:default/standing-fetch", "jobs/settle", "jobs/leave"],
            pipeline: Pipeline("lab", queue: "default", concurrency: 2)
        ) { redis in
            try await redis.schedule("LabQuick", "j1", after: 0.2)
            try await redis.schedule("LabQuick", "j2", after: 0.4)
            try await redis.schedule("LabQuick", "j3", after: 0.4)
        },
        CrashStation(
            // One for each queue; when one has brought a job, the other's slot is wanted.
            name: "fetches taken back", passes: ["jobs-wait:default/standing-fetch", "jobs/adopt", "jobs/settle"],
            pipeline: Pipeline("lab", queues: [.init("default"), .init("other")], concurrency: 2)
        ) { redis in
            try await redis.schedule("LabSleep", "k1", after: 0.2)
            try await redis.schedule("LabSleep", "k2", after: 0.2)
            try await redis.schedule("LabQuick", "k3", after: 0.3, queue: "other")
        },
        CrashStation(name: "retry and death", passes: ["jobs/settle", "heartbeat/due", "heartbeat/promote"]) { redis in
            try await redis.enqueue("LabFail", "b1", args: "[1]")
            try await redis.enqueue("LabFail", "b2", args: "[9]", more: #""retry":1"#)
            try await redis.enqueue("LabSnooze", "b3")
        },
        CrashStation(name: "schedule", passes: ["heartbeat/due", "heartbeat/promote"]) { redis in
            try await redis.schedule("LabQuick", "c1", after: -1)
            try await redis.schedule("LabQuick", "c2", after: -1, queue: "other")
            try await redis.schedule("LabQuick", "c3", after: 0.2)
        },
        CrashStation(
            name: "recovery", passes: ["heartbeat/bury", "heartbeat/HSCAN", "heartbeat/settle", "heartbeat/leave"],
            lease: 0.2,
            seed: { redis in
                try await redis.orphan("LabQuick", "d1", "d2", "d3")
                try await redis.enqueue("LabQuick", "d4")
            }),
        CrashStation(
            name: "limits", passes: ["jobs/declare", "jobs/gated-fetch"],
            pipeline: Pipeline("lab", queue: "default", concurrency: 2)
                .rateLimit(2, per: .milliseconds(200), key: "rate").maxInCluster(1, key: "slots"),
            seed: { redis in
                for jid in ["e1", "e2", "e3"] { try await redis.enqueue("LabQuick", jid) }
            }),
        CrashStation(
            name: "limits by key", passes: ["jobs/declare", "jobs/admit", "jobs/unpark"],
            pipeline: Pipeline("lab", queue: "default", concurrency: 3)
                .maxInCluster(1, key: "each") { try $0.arguments().first?.string },
            seed: { redis in
                for jid in ["f1", "f2", "f3"] { try await redis.enqueue("LabSleep", jid, args: #"["one"]"#) }
                try await redis.enqueue("LabQuick", "f4")
            }),
        CrashStation(
            name: "batches", passes: ["batch", "jobs/settle"],
            pipeline: Pipeline("lab", queue: "default", concurrency: 1)
                .batching(size: 2, timeout: .milliseconds(50)),
            seed: { redis in
                try await redis.enqueue("LabBatch", "g1")
                try await redis.enqueue("LabBatch", "g2", args: "[1]")
                try await redis.enqueue("LabBatch", "g3")
            }),
        CrashStation(name: "unique jobs", passes: ["jobs/unlock", "jobs/settle"]) { redis in
            try await redis.enqueueUnique("LabQuick", "h1", until: "start")
            try await redis.enqueueUnique("LabQuick", "h2", until: "success")
        },
        CrashStation(
            name: "shutdown", passes: ["handler", "jobs/settle", "jobs/leave"], victim: .stoppedWorker(begun: 2),
            pipeline: Pipeline("lab", queue: "default", concurrency: 2),
            seed: { redis in
                for jid in ["i1", "i2", "i3"] { try await redis.enqueue("LabHold", jid) }
            }),
        CrashStation(
            name: "push", passes: ["client/SADD", "client/LPUSH", "client/ZADD", "client/push", "client/unique"],
            victim: .producer),
        CrashStation(name: "cron", passes: ["cron/enforce", "cron/watch", "cron/tick"], victim: .cron),
    ]

    /// The periodic jobs of the station `cron`: each is told its tick.
    static func schedule(queue: String = "other") throws -> CronSchedule {
        try CronSchedule([
            CronEntry(
                "tick", "* * * * * *", payload: JobPayload(jobClass: "LabTick", queue: queue),
                tickArgument: .seconds)
        ])
    }
}
