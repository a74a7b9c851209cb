import FlumeRedis
import FlumeWire
import TestSupport
import Testing

@testable import FlumeStore
@testable import FlumeWorker

/// A process whose jobs are limited by key, on a clock that the test moves, beside a model of what has to happen.
///
/// Each tenant has a window of its own, each region slots of its own. A job may have either or both.
struct KeyedSimulation {
    /// Whom a job belongs to.
    struct Owner: Hashable {
        var tenant: String?
        var region: String?

        /// `nil` when no limit is for it.
        var keys: JobKeys? { JobKeys([tenant, region]) }
    }

    private struct Job {
        var owner: Owner
        var number: Int
    }

    private let window: Limit.Numbers
    private let slots: Int
    private let limit: KeyedLimit
    private let tenure: Tenure
    private var redis: SimulatedLimits
    private var sequence = 1
    private var number = 0
    private var running: [Int: Job] = [:]

    // What has to be in Redis.
    private var meters: [String: LimitMeter] = [:]
    private var held: [String: Int] = [:]
    private var waiting: [JobKeys: [Job]] = [:]
    /// The numbers of the jobs of each owner, in the order they started.
    private(set) var order: [Owner: [Int]] = [:]
    /// When the jobs of each tenant started.
    private(set) var starts: [String: [Int]] = [:]

    init(_ name: String, window: Limit.Numbers, slots: Int, on redis: SimulatedLimits) async throws {
        self.window = window
        self.slots = slots
        self.redis = redis
        limit = KeyedLimit(
            [(name, window), ("\(name):slots", .init(.slots, count: slots, scale: 1_000_000))], in: name,
            keys: redis.keys)
        tenure = Tenure(identity: "host:\(name):abc", keys: redis.keys)
        try await redis.probe.send("SET", tenure.leaseKey, "1")
    }

    /// Whether everything has run to its end.
    var isOver: Bool { running.isEmpty && waiting.isEmpty }
    /// How many have come.
    var count: Int { number }

    private mutating func room(_ owner: Owner) -> Int {
        var room = Int.max
        if let tenant = owner.tenant {
            room = min(room, meters[tenant, default: LimitMeter(window)].look(now: redis.now).allowed)
        }
        if let region = owner.region { room = min(room, slots - held[region, default: 0]) }
        return room
    }

    private mutating func start(
        _ job: Job, _ sequence: Int, by margin: Int, using generator: inout SeededGenerator
    ) {
        running[sequence] = job
        order[job.owner, default: []].append(job.number)
        if let region = job.owner.region { held[region, default: 0] += 1 }
        guard let tenant = job.owner.tenant else { return }
        meters[tenant, default: LimitMeter(window)].charge(1, now: redis.now)
        starts[tenant, default: []].append(redis.now + .random(in: 0...margin, using: &generator))
    }

    /// Jobs are fetched, and those without room are parked.
    mutating func arrive(_ owners: [Owner], using generator: inout SeededGenerator) async throws {
        var groups: [JobKeys] = []
        var jobs: [(job: Job, keys: JobKeys, sequence: Int)] = []
        for owner in owners {
            guard let keys = owner.keys else { continue }
            if !groups.contains(keys) { groups.append(keys) }
            jobs.append((Job(owner: owner, number: number), keys, sequence))
            try await redis.probe.send("HSET", tenure.inflightKey, "\(sequence):q", "\(number)")
            number += 1
            sequence += 1
        }
        var keyNames = [tenure.inflightKey, limit.indexKey, redis.keys.slotLists, redis.keys.parkingPlaces]
        limit.append(groups, to: &keyNames)
        let reply = try await redis.run("admit", keys: keyNames) { command in
            command.append(tenure.identity)
            command.append(0)
            command.append(limit.names.count)
            command.append(groups.count)
            command.append(limit.place.text)
            limit.append(groups, to: &command)
            for job in jobs {
                command.append("\(job.sequence):q")
                command.append((groups.firstIndex(of: job.keys) ?? 0) + 1)
            }
        }.map { $0.integer ?? -2 }
        try #require(reply.count == 4 + jobs.count, "\(reply)")
        for (verdict, (job, keys, sequence)) in zip(reply.dropFirst(4), jobs) {
            let hasRoom = waiting[keys] == nil && room(job.owner) > 0
            try #require(verdict == (hasRoom ? 1 : 0), "job \(job.number) of \(job.owner)")
            if hasRoom {
                start(job, sequence, by: reply[0], using: &generator)
            } else {
                waiting[keys, default: []].append(job)
            }
        }
        try await checkIndex()
    }

    /// Parked jobs of keys that are due are taken, `demand` at most.
    mutating func unpark(_ demand: Int, using generator: inout SeededGenerator) async throws {
        let due = try await redis.probe.send("ZRANGEBYSCORE", limit.indexKey, "-inf", "\(redis.now)").array ?? []
        let groups = due.compactMap(\.string).map { JobKeys(text: $0, count: 2) }
        guard !groups.isEmpty else { return }
        var keyNames = [
            tenure.leaseKey, tenure.inflightKey, limit.indexKey, redis.keys.slotLists, redis.keys.paused,
            redis.keys.parkingPlaces, redis.keys.queues,
        ]
        limit.append(groups, to: &keyNames)
        let reply = try await redis.run("unpark", keys: keyNames) { command in
            for number in [1, 60_000, sequence, demand] { command.append(number) }
            command.append(tenure.identity)
            for number in [limit.names.count, groups.count] { command.append(number) }
            command.append(limit.place.text)
            command.append(0)
            command.append(0)
            limit.append(groups, to: &command)
            command.append(1)
            command.append(0)
        }
        try #require(reply.first?.string == "held" && reply.count >= 4, "\(reply)")
        var taken: [String: [String]] = [:]
        for part in reply.dropFirst(4) {
            let words = part.array?.compactMap(\.string) ?? []
            taken[words.first ?? ""] = stride(from: 2, to: words.count, by: 2).map { words[$0] }
        }
        var left = demand
        for keys in groups {
            guard let jobs = waiting[keys], let owner = jobs.first?.owner else { continue }
            let next = jobs.prefix(max(0, min(room(owner), left)))
            try #require(taken[keys.text, default: []] == next.map { "\($0.number)" }, "\(owner)")
            left -= next.count
            for job in next {
                start(job, sequence, by: reply[1].integer ?? 0, using: &generator)
                sequence += 1
            }
            waiting[keys] = next.count == jobs.count ? nil : Array(jobs.dropFirst(next.count))
        }
        try await checkIndex()
    }

    /// Jobs end, each as likely as `share`.
    mutating func finish(_ share: Double, using generator: inout SeededGenerator) async throws {
        for (sequence, job) in running.sorted(by: { $0.key < $1.key })
        where Double.random(in: 0..<1, using: &generator) < share {
            running[sequence] = nil
            try await redis.probe.send("HDEL", tenure.inflightKey, "\(sequence):q")
            guard let region = job.owner.region else { continue }
            held[region, default: 0] -= 1
            try await redis.probe.send(
                "HDEL", redis.keys.limitSlots(limit.names[1], of: region), "\(tenure.identity):\(sequence)")
        }
    }

    mutating func advance(by microseconds: Int) async throws { try await redis.advance(by: microseconds) }

    /// Whoever waits is on the list of those that wait, and nobody else; no region has more than its slots.
    private func checkIndex() async throws {
        let listed = try await redis.probe.send("ZRANGE", limit.indexKey, "0", "-1").array?.compactMap(\.string) ?? []
        try #require(Set(listed) == Set(waiting.keys.map(\.text)))
        #expect(held.values.allSatisfy { (0...slots).contains($0) })
        let inflight = try await redis.probe.number("HLEN", tenure.inflightKey)
        #expect(inflight == running.count)
    }
}
