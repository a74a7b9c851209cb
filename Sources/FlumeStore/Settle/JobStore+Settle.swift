package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let settleScript = RedisScript(
        name: "settle", source: PackageResources.trim_lua + PackageResources.settle_lua)
    /// How long a recovery is remembered: long enough for a job that takes days to kill its process each time.
    private static let recoveryMemoryMilliseconds = 7 * 24 * 3_600_000

    /// How many jobs one settlement takes at most; `unpack` in Lua ends at 8,000.
    package static let largestSettlement = 1000
    /// How many bytes of payload one settlement carries, besides its last job.
    ///
    /// Redis hangs up on a client whose command is larger than its `client-query-buffer-limit`, 1 GiB: the same command
    /// would be sent again for ever.
    package static let settlementBytes = 64 << 20

    /// How many of some settlements go in one call.
    package static func callSize(of sizes: some Sequence<Int>) -> Int {
        var (count, bytes) = (0, 0)
        for size in sizes {
            guard bytes < settlementBytes, count < largestSettlement else { break }
            count += 1
            bytes += size
        }
        return count
    }

    /// Moves jobs out of the in-flight record of `tenure` to where they go, in one atomic step.
    ///
    /// May be sent again after an unknown outcome: a job that has left does not leave twice.
    ///
    /// - Parameters:
    ///   - done: jobs that go nowhere.
    ///   - moved: the others, of which each gets its verdict. Together with `done` at most ``largestSettlement``.
    ///   - tenure: whose record they leave.
    ///   - slots: where jobs hold slots of concurrency limits, by sequence number; besides what they know of themselves.
    /// - Returns: what became of each.
    /// - Throws: when Redis did not answer; it may have happened all the same.
    package func settle(
        done: [Delivery], moved: [Settlement] = [], tenure: Tenure, slots: [Int: Set<String>] = [:]
    ) async throws(RedisError) -> SettleReply {
        var keyNames = [tenure.inflightKey, tenure.leaseKey, keys.retry, keys.schedule, keys.dead, keys.queues]
        let holders = Self.holders(among: done, moved, slots)
        keyNames.append(contentsOf: holders.lazy.map(\.slotsKey))
        // A key is passed once, however many jobs go there.
        var indexes: [ExactName: Int] = [:]
        func index(of key: String) -> Int {
            if let index = indexes[ExactName(key)] { return index }
            keyNames.append(key)
            indexes[ExactName(key)] = keyNames.count
            return keyNames.count
        }
        for settlement in moved {
            if let lock = settlement.lock { _ = index(of: keys.unique(lock.token)) }
            switch settlement.destination {
            case .front(let queue, _), .back(let queue, _):
                _ = index(of: keys.queue(queue))
            case .recover(let recovery):
                _ = index(of: keys.queue(recovery.queue))
                _ = index(of: keys.recoveries(recovery.jid))
            case .done, .retry, .schedule, .dead: break
            }
        }
        let reply = try await redis.evaluate(Self.settleScript, keys: keyNames) { command in
            command.append(deadSetLimits.seconds)
            command.append(deadSetLimits.lastRankToTrim)
            command.append(Self.recoveryMemoryMilliseconds)
            command.append(holders.count)
            command.append(tenure.identity)
            command.append(done.count)
            for delivery in done { delivery.appendField(to: &command) }
            for (_, sequences) in holders {
                command.append(sequences.count)
                for sequence in sequences { command.append(sequence) }
            }
            for settlement in moved {
                append(settlement, to: &command) { key in indexes[ExactName(key)] ?? 0 }
            }
        }
        guard case .array(let parts) = reply, parts.count >= 2 + moved.count, let left = parts[1].integer else {
            throw RedisError.unexpectedReply(to: "settle.lua", reply)
        }
        return SettleReply(
            tenureIsBuried: parts[0].string == "buried",
            doneButAbsent: done.count - left,
            verdicts: parts.dropFirst(2).map { part in
                switch part {
                case .integer(1): .arrived
                case .integer(2): .buried
                case .integer: .absent
                default: .refused(part.string ?? "\(part)")
                }
            })
    }

    /// For each slots key the sequence numbers of the jobs that may hold a slot there.
    private static func holders(
        among done: [Delivery], _ moved: [Settlement], _ slots: [Int: Set<String>]
    ) -> [(slotsKey: String, sequences: [Int])] {
        var holders: [String: [Int]] = [:]
        func note(_ delivery: Delivery) {
            let known = delivery.grant?.slotKeys ?? []
            for key in known { holders[key, default: []].append(delivery.sequence) }
            guard let others = slots[delivery.sequence] else { return }
            for key in others where !known.contains(key) { holders[key, default: []].append(delivery.sequence) }
        }
        for delivery in done { note(delivery) }
        for settlement in moved { note(settlement.delivery) }
        return holders.map { (slotsKey: $0.key, sequences: $0.value) }
    }

    private func append(_ settlement: Settlement, to command: inout RedisCommand, index: (String) -> Int) {
        settlement.delivery.appendField(to: &command)
        if let lock = settlement.lock {
            command.append(lock.heir == nil ? "release" : "pass")
            command.append(index(keys.unique(lock.token)))
            command.append(lock.jid)
            if let heir = lock.heir {
                command.append(heir.jid)
                command.append(heir.milliseconds)
            }
        }
        switch settlement.destination {
        case .done:
            command.append("done")
        case .retry(let seconds, let payload):
            command.append("retry")
            command.append(seconds)
            command.append(payload)
        case .schedule(let seconds, let payload):
            command.append("schedule")
            command.append(seconds)
            command.append(payload)
        case .dead(let payload):
            command.append("dead")
            command.append(payload)
        case .front(let queue, let payload):
            command.append("front")
            command.append(index(keys.queue(queue)))
            command.append(queue)
            command.append(payload)
        case .back(let queue, let payload):
            command.append("back")
            command.append(index(keys.queue(queue)))
            command.append(queue)
            command.append(payload)
        case .recover(let recovery):
            command.append("recover")
            command.append(index(keys.queue(recovery.queue)))
            command.append(recovery.queue)
            command.append(recovery.payload)
            command.append(index(keys.recoveries(recovery.jid)))
            command.append(recovery.limit)
            command.append(recovery.obituary)
            command.append(recovery.delay)
            command.append(recovery.delayed)
        }
    }
}
