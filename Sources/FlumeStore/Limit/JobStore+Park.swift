package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let admitScript = RedisScript(
        name: "admit", source: PackageResources.limit_lua + PackageResources.admit_lua)
    private static let unparkScript = RedisScript(
        name: "unpark", source: PackageResources.limit_lua + PackageResources.unpark_lua)

    /// What came of asking for jobs of many keys.
    package struct KeyedReply: Sendable {
        /// Those that may start, each with its grant.
        package var deliveries: [Delivery] = []
        /// How many wait in Redis now that were taken before.
        package var parked = 0
        /// Those that can neither start nor be parked, which are in flight still: they fail.
        package var failing: [Delivery] = []
        /// Keys of Redis that keep jobs from being parked or taken: they hold something of another type, or what is no job.
        package var brokenKeys: Set<String> = []
        /// How long until the first parked job may have room; `nil` when none is parked.
        package var due: Duration?
        /// The settings of a limit are not in Redis, which must have lost them.
        package var isUndeclared = false
    }

    /// What came of taking parked jobs.
    package enum UnparkReply: Sendable {
        /// The lease is held.
        case held(KeyedReply)
        /// As for a fetch; nothing was taken.
        case lapsed, stale, buried
    }

    /// Decides for jobs that were fetched whether their key has room, and parks the others.
    ///
    /// - Parameters:
    ///   - jobs: of one tenure, each with its keys.
    ///   - limit: what holds for each key.
    /// - Returns: those that may start.
    /// - Throws: when Redis did not answer; jobs may be parked all the same, and those are not in flight any more.
    package func admit(
        _ jobs: [(delivery: Delivery, keys: JobKeys)], by limit: KeyedLimit
    ) async throws(RedisError) -> KeyedReply {
        guard let tenure = jobs.first?.delivery.tenure else { return KeyedReply() }
        var places: [JobKeys: Int] = [:]
        var groups: [JobKeys] = []
        for job in jobs where places[job.keys] == nil {
            groups.append(job.keys)
            places[job.keys] = groups.count
        }
        var others: Set<String> = []
        for job in jobs { others.formUnion(job.delivery.grant?.slotKeys ?? []) }
        var keyNames = [tenure.inflightKey, limit.indexKey, keys.slotLists, keys.parkingPlaces]
        keyNames.append(contentsOf: others)
        limit.append(groups, to: &keyNames)
        let sent = ContinuousClock.now
        let reply = try await redis.evaluate(Self.admitScript, keys: keyNames) { command in
            command.append(tenure.identity)
            command.append(others.count)
            command.append(limit.names.count)
            command.append(groups.count)
            command.append(limit.place.text)
            limit.append(groups, to: &command)
            for job in jobs {
                job.delivery.appendField(to: &command)
                command.append(places[job.keys] ?? 0)
            }
        }
        guard case .array(let parts) = reply, parts.count == 4 + jobs.count, let margin = parts[0].integer,
            let due = parts[1].integer, let time = parts[2].integer
        else { throw RedisError.unexpectedReply(to: "admit.lua", reply) }
        var answer = KeyedReply(due: due < 0 ? nil : .microseconds(due), isUndeclared: parts[3].integer == 1)
        let deadline = sent + .microseconds(margin)
        for (job, part) in zip(jobs, parts.dropFirst(4)) {
            switch part {
            case .integer(1):
                answer.deliveries.append(
                    job.delivery.admitted(by: limit, for: job.keys, at: time, before: deadline))
            case .integer(0): answer.parked += 1
            case .bytes(let key):
                let key = String(decoding: key, as: UTF8.self)
                answer.brokenKeys.insert(key)
                answer.failing.append(job.delivery.failing(WrongTypeError(key: key)))
            default: break
            }
        }
        return answer
    }

    /// A key that has room so much later is looked at all the same: Redis's clock may have gone back.
    ///
    /// Where a limit really wants so long a wait, that costs a few looks.
    private static let farthest = 10_000_000
    /// How many of those are looked at at a time.
    private static let mostFar = 10

    /// Keys whose parked jobs have room by now, those first that have had it longest.
    ///
    /// Looking at one sets its time anew, so that a few of those far ahead are enough at a time.
    ///
    /// - Parameters:
    ///   - limit: what holds for each key.
    ///   - count: how many keys at most, besides the freed ones.
    ///   - freed: keys that may have room before their time, because a slot of theirs was given back.
    /// - Returns: the keys, and how long until the next one; `nil` when none is parked.
    /// - Throws: when Redis did not answer, or the key holds something of another type.
    package func parkedKeys(
        of limit: KeyedLimit, atMost count: Int, freed: Set<JobKeys> = []
    ) async throws(RedisError) -> (due: [JobKeys], next: Duration?) {
        let replies = try await redis.send([
            RedisCommand("TIME"),
            RedisCommand("ZRANGE", limit.indexKey, "0", String(count), "WITHSCORES"),
            RedisCommand("ZRANGE", limit.indexKey, String(-Self.mostFar), "-1", "WITHSCORES"),
        ])
        if let error = replies[1].error { throw error }
        guard let time = replies[0].array, time.count == 2, let seconds = time[0].integer,
            let microseconds = time[1].integer, let first = replies[1].array, let last = replies[2].array
        else { throw RedisError.unexpectedReply(to: "ZRANGE", replies[1]) }
        let now = seconds * 1_000_000 + microseconds
        var due =
            Array(freed)
            + Self.scores(last).filter { $0.score > Double(now + Self.farthest) }
            .map { JobKeys(text: $0.name, count: limit.names.count) }.filter { !freed.contains($0) }
        for (name, score) in Self.scores(first) {
            guard score <= Double(now), due.count < count + freed.count else {
                return (due, .microseconds(max(0, Int(max(0, min(score, 9e15))) - now)))
            }
            let keys = JobKeys(text: name, count: limit.names.count)
            if !freed.contains(keys) { due.append(keys) }
        }
        return (due, nil)
    }

    private static func scores(_ parts: [RedisReply]) -> [(name: String, score: Double)] {
        stride(from: 0, to: parts.count - 1, by: 2).compactMap { at in
            guard let name = parts[at].string, let score = parts[at + 1].double else { return nil }
            return (name, score)
        }
    }

    /// Takes parked jobs of these keys into the in-flight record, as far as their key and the gate have room.
    ///
    /// Those of a queue in `closed` stay, and those behind them under the same key; those of a queue in ``KeyedLimit/left``
    /// go back into their queue, where they are the next to run.
    package func unpark(
        _ groups: [JobKeys], of limit: KeyedLimit, without closed: Set<String>, _ request: FetchRequest,
        leaseMilliseconds: Int, tenure: Tenure
    ) async throws(RedisError) -> UnparkReply {
        var keyNames = [
            tenure.leaseKey, tenure.inflightKey, limit.indexKey, keys.slotLists, keys.paused,
            keys.parkingPlaces, keys.queues,
        ]
        for queue in limit.left { keyNames.append(keys.queue(queue)) }
        limit.append(groups, to: &keyNames)
        if let gate = request.gate { keyNames.append(contentsOf: gate.keyNames) }
        let sent = ContinuousClock.now
        let reply = try await redis.evaluate(Self.unparkScript, keys: keyNames) { command in
            command.append(request.epoch)
            command.append(leaseMilliseconds)
            command.append(request.firstSequence)
            command.append(request.count)
            command.append(tenure.identity)
            command.append(limit.names.count)
            command.append(groups.count)
            command.append(limit.place.text)
            command.append(closed.count)
            for queue in closed { command.append(queue) }
            command.append(limit.left.count)
            for queue in limit.left { command.append(queue) }
            limit.append(groups, to: &command)
            if let gate = request.gate {
                gate.append(to: &command, patience: 1)
            } else {
                command.append(1)
                command.append(0)
            }
        }
        guard case .array(let parts) = reply, let verdict = parts.first?.string else {
            throw RedisError.unexpectedReply(to: "unpark.lua", reply)
        }
        switch verdict {
        case "held": break
        case "lapsed": return .lapsed
        case "buried": return .buried
        default: return .stale
        }
        guard parts.count >= 5, let margin = parts[1].integer, let due = parts[2].integer,
            let time = parts[3].integer, let broken = parts[4].array
        else {
            throw RedisError.unexpectedReply(to: "unpark.lua", reply)
        }
        var answer = KeyedReply(due: due < 0 ? nil : .microseconds(due))
        let deadline = sent + .microseconds(margin)
        let grant = request.gate?.grant(at: time, before: deadline)
        answer.brokenKeys = Set(broken.compactMap(\.string))
        for part in parts.dropFirst(5) {
            guard case .array(let taken) = part, let name = taken.first?.string else { continue }
            for delivery in Self.deliveries(fieldsAndPayloads: taken[1...], tenure: tenure, grant: grant) {
                let jobKeys = JobKeys(text: name, count: limit.names.count)
                answer.deliveries.append(delivery.admitted(by: limit, for: jobKeys, at: time, before: deadline))
            }
        }
        return .held(answer)
    }
}

extension Delivery {
    /// The same job with leave of the limits of its keys besides.
    fileprivate func admitted(
        by keyed: KeyedLimit, for jobKeys: JobKeys, at time: Int, before deadline: ContinuousClock.Instant
    ) -> Delivery {
        let limits = keyed.limits(for: jobKeys)
        let rates = limits.filter { $0.numbers.kind != .slots }
        let slotKeys = Set(limits.lazy.filter { $0.numbers.kind == .slots }.map(\.slotsKey))
        let release: @Sendable () -> Void = { keyed.onRelease(jobKeys) }
        let own = Grant(
            deadline: rates.isEmpty ? nil : deadline, time: time, slotKeys: slotKeys,
            onRelease: slotKeys.isEmpty ? nil : release)
        return granted(Grant(grant, and: own, keyed: rates))
    }

    private func granted(_ grant: Grant) -> Delivery {
        Delivery(tenure: tenure, sequence: sequence, queue: queue, payload: payload, grant: grant)
    }

    /// The same job, which is to fail without having run.
    package func failing(_ problem: any Error) -> Delivery {
        granted(Grant(grant, and: nil, keyed: [], problem: problem))
    }
}
