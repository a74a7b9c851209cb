package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let holdScript = RedisScript(name: "hold", source: PackageResources.hold_lua)
    private static let buryScript = RedisScript(name: "bury", source: PackageResources.bury_lua)
    private static let leaveScript = RedisScript(name: "leave", source: PackageResources.leave_lua)
    private static let tombstoneMilliseconds = 24 * 3_600_000
    private static let scanPage = 100

    /// What came of holding a lease.
    package enum Hold: Sendable, Hashable {
        /// It was held and is renewed.
        case held
        /// There was none: the first time, or it had lapsed. It is held now.
        case taken
        /// The process was buried; nothing was changed.
        case buried
    }

    /// Takes or renews a lease.
    ///
    /// Works while Redis is out of memory, for a lease that is still there.
    ///
    /// - Returns: the verdict, and Redis's clock in microseconds since 1970.
    package func hold(
        _ tenure: Tenure, epoch: Int, milliseconds: Int
    ) async throws(RedisError) -> (Hold, microseconds: Int64) {
        let reply = try await redis.evaluate(Self.holdScript, keys: [tenure.leaseKey, keys.flumeProcesses]) { command in
            command.append(epoch)
            command.append(milliseconds)
            command.append(tenure.identity)
        }
        guard case .array(let parts) = reply, parts.count == 3, let verdict = parts[0].string,
            let seconds = parts[1].string.flatMap({ Int64($0) }),
            let microseconds = parts[2].string.flatMap({ Int64($0) })
        else {
            throw RedisError.unexpectedReply(to: "hold.lua", reply)
        }
        let hold: Hold = verdict == "held" ? .held : verdict == "taken" ? .taken : .buried
        return (hold, seconds * 1_000_000 + microseconds)
    }

    /// The identities of all processes that may have jobs in flight.
    package func processesWithLeases() async throws(RedisError) -> [String] {
        let reply = try await redis.send(RedisCommand("SMEMBERS", keys.flumeProcesses))
        return reply.array?.compactMap(\.string) ?? []
    }

    /// Which of these leases are gone or buried, that is, not held.
    package func absentLeases(of identities: [String]) async throws(RedisError) -> Set<String> {
        guard !identities.isEmpty else { return [] }
        var command = RedisCommand("MGET")
        for identity in identities { command.append(keys.lease(identity)) }
        let values = try await redis.send(command).array ?? []
        var absent: Set<String> = []
        for (identity, value) in zip(identities, values) where value.isNull || value.string == "buried" {
            absent.insert(identity)
        }
        return absent
    }

    /// Puts a tombstone where a lease was, unless it is held again.
    ///
    /// - Returns: whether the process is buried now, by this call or an earlier one.
    package func bury(_ identity: String) async throws(RedisError) -> Bool {
        let reply = try await redis.evaluate(Self.buryScript, keys: [keys.lease(identity)]) { command in
            command.append(Self.tombstoneMilliseconds)
        }
        return reply.integer == 1
    }

    /// Some of what a buried process had in flight, in no order; nothing only when nothing is left.
    package func inflight(of tenure: Tenure, page: Int) async throws(RedisError) -> [Delivery] {
        var cursor = "0"
        // A scan may come back empty-handed long before its end, so it goes on until it has something or is through.
        repeat {
            let (next, deliveries) = try await scan(tenure, from: cursor, page: page)
            if !deliveries.isEmpty { return deliveries }
            cursor = next
        } while cursor != "0"
        return []
    }

    /// Those of a process's jobs in flight that `isWanted`, in no order, each once.
    package func inflight(
        of tenure: Tenure, where isWanted: (Delivery) -> Bool
    ) async throws(RedisError) -> [Delivery] {
        var wanted: [Int: Delivery] = [:]
        var cursor = "0"
        var page = Self.scanPage
        while true {
            do throws(RedisError) {
                let (next, deliveries) = try await scan(tenure, from: cursor, page: page)
                for delivery in deliveries where isWanted(delivery) { wanted[delivery.sequence] = delivery }
                cursor = next
                if cursor == "0" { return Array(wanted.values) }
            } catch {
                // A page of large jobs may be more than one reply can be, which ends the connection: then a smaller one.
                guard error.code == .unknownOutcome, page > 1 else { throw error }
                page = max(1, page / 10)
            }
        }
    }

    private func scan(
        _ tenure: Tenure, from cursor: String, page: Int
    ) async throws(RedisError) -> (next: String, [Delivery]) {
        let reply = try await redis.send(RedisCommand("HSCAN", tenure.inflightKey, cursor, "COUNT", String(page)))
        guard case .array(let parts) = reply, parts.count == 2, let next = parts[0].string,
            case .array(let pairs) = parts[1]
        else {
            throw RedisError.unexpectedReply(to: "HSCAN", reply)
        }
        return (next, Self.deliveries(fieldsAndPayloads: pairs[...], tenure: tenure))
    }

    /// Gives up a lease and leaves the list of processes, unless jobs are still in flight.
    ///
    /// - Returns: how many are; with more than none, the process stays listed until they are recovered.
    package func leave(_ tenure: Tenure) async throws(RedisError) -> Int {
        let reply = try await redis.evaluate(
            Self.leaveScript, keys: [tenure.leaseKey, tenure.inflightKey, keys.flumeProcesses]
        ) { command in
            command.append(tenure.identity)
        }
        return reply.integer ?? 0
    }
}
