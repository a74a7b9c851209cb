import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    /// The processes that still beat; one whose hash has run out has died or is about to leave the set.
    func workers(
        _ identities: [String], keyedBy key: ((String) -> String)? = nil
    ) async throws(RedisError) -> [QueueFacts.Worker] {
        let key = key ?? keys.process
        let replies = try await store.redis.send(
            identities.map {
                RedisCommand(
                    "HMGET", key($0), "info", "busy", "beat", "quiet", PauseRecord.field, "rss", "rtt_us",
                    "concurrency")
            })
        return zip(identities, replies).compactMap { identity, reply in
            guard let fields = reply.array, fields.count == 8, let info = fields[0].bytes else { return nil }
            let value = (try? JSONValue(parsing: info)) ?? .null
            return QueueFacts.Worker(
                identity: identity, hostname: value["hostname"]?.string ?? "",
                pid: pid(value["pid"]),
                tag: value["tag"]?.string ?? "", version: value["version"]?.string, pipelines: Self.pipelines(value),
                busy: min(max(0, fields[1].integer ?? 0), Self.greatestBusy), quiet: fields[3].string == "true",
                pauses: QueueFacts.Pauses(PauseRecord(json: fields[4].bytes ?? [])),
                beat: Self.finite(fields[2].double),
                started: Self.finite(value["started_at"]?.double),
                labels: value["labels"]?.array?.compactMap(\.string) ?? [],
                concurrency: fields[7].integer ?? value["concurrency"]?.int,
                residentKilobytes: fields[5].integer, roundTripMicroseconds: fields[6].integer,
                embedded: value["embedded"] == true)
        }
    }

    /// What a process tells of itself is anybody's: a sum of such counts must not overflow.
    private static let greatestBusy = 1 << 31

    /// JSON has no number for what is not finite, and would have none of the facts.
    private static func finite(_ time: Double?) -> Double? {
        time.flatMap { $0.isFinite ? $0 : nil }
    }

    /// Exq writes a text.
    private func pid(_ value: JSONValue?) -> Int? { value?.int ?? value?.string.flatMap { Int($0) } }

    /// Sidekiq 8 and Flume tell of capsules; others of queues and one concurrency.
    private static func pipelines(_ info: JSONValue) -> [QueueFacts.Pipeline] {
        if let capsules = info["capsules"]?.object {
            return capsules.members.map { capsule in
                QueueFacts.Pipeline(
                    name: capsule.key, queues: capsule.value["weights"]?.object?.members.map(\.key) ?? [],
                    concurrency: capsule.value["concurrency"]?.int)
            }
        }
        return [
            QueueFacts.Pipeline(
                name: "default", queues: info["queues"]?.array?.compactMap(\.string) ?? [],
                concurrency: info["concurrency"]?.int)
        ]
    }

    /// Running jobs, so many at most, and how many there are.
    func runningJobs(
        of identities: [String], limit: Int
    ) async throws(RedisError) -> (count: Int, jobs: [QueueFacts.RunningJob]) {
        let redis = store.redis
        let lengths = try await redis.send(
            identities.flatMap {
                [RedisCommand("HLEN", keys.work($0)), RedisCommand("HLEN", keys.legacyWork($0))]
            })
        var count = 0
        var jobs: [QueueFacts.RunningJob] = []
        for (index, identity) in identities.enumerated() {
            // Sidekiq up to 6.4.1 and Exq have the second one alone, Flume writes both.
            let (work, legacy) = (lengths[2 * index].integer ?? 0, lengths[2 * index + 1].integer ?? 0)
            guard work + legacy > 0 else { continue }
            count += work > 0 ? work : legacy
            guard jobs.count < limit else { continue }
            let key = work > 0 ? keys.work(identity) : keys.legacyWork(identity)
            jobs += try await Self.jobs(in: key, of: identity, limit: limit - jobs.count, redis)
        }
        return (count, jobs)
    }

    private static func jobs(
        in key: String, of identity: String, limit: Int, _ redis: RedisClient
    ) async throws(RedisError) -> [QueueFacts.RunningJob] {
        var jobs: [String: QueueFacts.RunningJob] = [:]
        var cursor = "0"
        repeat {
            let parts = try await redis.send(RedisCommand("HSCAN", key, cursor, "COUNT", "100")).array ?? []
            let pairs = parts.last?.array ?? []
            for at in stride(from: 0, to: pairs.count - 1, by: 2) {
                guard let field = pairs[at].string, let record = pairs[at + 1].bytes else { continue }
                jobs[field] = job(record, of: identity)
            }
            cursor = parts.first?.string ?? "0"
        } while cursor != "0" && jobs.count < limit
        return jobs.sorted { $0.key < $1.key }.prefix(limit).map(\.value)
    }

    private static func job(_ record: [UInt8], of identity: String) -> QueueFacts.RunningJob? {
        guard let record = WorkReading(record) else { return nil }
        let payload = try? JobPayload(parsing: record.payload)
        return QueueFacts.RunningJob(
            jid: payload?.jid, jobClass: payload?.displayName, queue: record.queue,
            since: record.since, process: identity)
    }
}
