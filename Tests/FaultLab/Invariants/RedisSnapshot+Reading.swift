import FlumeRedis
import FlumeWire
import TestSupport

extension RedisSnapshot {
    /// Reads all of a database; nobody may write meanwhile but what does not matter.
    ///
    /// - Throws: what the probe throws.
    init(reading probe: RedisProbe) async throws {
        for key in try await Self.keys(probe) {
            if let name = key.after("queue:") {
                add(try await probe.send("LRANGE", key, "0", "-1").array ?? [], at: .queue(name))
            } else if let identity = key.after("flume:inflight:") {
                try await readInflight(identity, try await probe.hash(key))
            } else if key.after("flume:parked:") != nil {
                // The index beside the lists is a set or a sorted set.
                guard try await probe.send("TYPE", key).string == "list" else { continue }
                for job in try await probe.list(key) { add(Self.payload(ofParked: job), at: .parked(key)) }
            } else if let identity = key.after("flume:lease:") {
                let isBuried = try await probe.string(key) == "buried"
                if !isBuried, try await probe.number("PTTL", key) == -1 { leasesWithoutEnd.insert(identity) }
            } else if key.after("flume:slots:") != nil {
                guard try await probe.send("TYPE", key).string == "hash" else { continue }
                slots.formUnion(try await probe.hash(key).keys)
            } else if key.hasPrefix("j|"), key.contains(/:\d\d$/) {
                // The same counts stand in the keys of ten minutes.
                let counts = try await probe.hash(key).filter { $0.key.hasSuffix("|p") }
                metricsProcessed += counts.values.compactMap { Int($0) }.reduce(0, +)
            } else if let token = key.after("unique:") {
                locks[token] = try await probe.string(key)
            }
        }
        for (key, place) in [("retry", Place.retry), ("schedule", .schedule), ("dead", .dead)] {
            add(try await probe.send("ZRANGE", key, "0", "-1").array ?? [], at: place)
        }
        registered = Set(try await probe.set("flume:processes"))
        processed = Int(try await probe.string("stat:processed") ?? "0") ?? -1
        failed = Int(try await probe.string("stat:failed") ?? "0") ?? -1
    }

    private mutating func readInflight(_ identity: String, _ jobs: [String: String]) async throws {
        inflightCounts[identity] = jobs.count
        for (field, payload) in jobs {
            inflightFields.insert("\(identity):\(field.prefix { $0 != ":" })")
            add(payload, at: .inflight(identity))
        }
    }

    private mutating func add(_ replies: [RedisReply], at place: Place) {
        for reply in replies { add(String(decoding: reply.bytes ?? [], as: UTF8.self), at: place) }
    }

    private mutating func add(_ payload: String, at place: Place) {
        let jid = (try? JobPayload(parsing: Array(payload.utf8)))?.jid
        jobs.append(Job(jid: jid, payload: payload, place: place))
    }

    /// `7:defaultPAYLOAD` without the length and the name of its queue.
    private static func payload(ofParked job: String) -> String {
        guard let colon = job.firstIndex(of: ":"), let length = Int(job[..<colon]) else { return job }
        return String(decoding: job[job.index(after: colon)...].utf8.dropFirst(length), as: UTF8.self)
    }

    private static func keys(_ probe: RedisProbe) async throws -> [String] {
        var cursor = "0"
        var keys: Set<String> = []
        repeat {
            let reply = try await probe.send("SCAN", cursor, "COUNT", "1000").array ?? []
            cursor = reply.first?.string ?? "0"
            keys.formUnion(reply.dropFirst().first?.array?.compactMap(\.string) ?? [])
        } while cursor != "0"
        return keys.sorted()
    }
}

extension String {
    /// What follows a prefix, if it is there.
    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
