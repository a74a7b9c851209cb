import FlumeRedis
import FlumeStore
import Logging
import Synchronization

/// Jobs that start together, and ask together.
extension Admission {
    /// What came of asking for several jobs.
    struct Readmission: Sendable {
        var admitted: [BatchMember] = []
        var others: [BatchMember] = []
        /// How long until there is room for others, as far as can be foretold; `nil` when there are none.
        var wait: Duration?
    }

    /// Asks once for jobs that could not start in time; what was charged for them is taken back.
    ///
    /// - Parameters:
    ///   - members: those that are to start together.
    ///   - enough: with room for fewer than this, none is admitted; of jobs with several keys, for each by itself.
    ///   - patience: how many times the usual delay their start needs.
    /// - Returns: those that may start, and the others.
    /// - Throws: when Redis did not answer; they may count all the same.
    func readmit(
        together members: [BatchMember], enough: Int, patience: Int
    ) async throws(RedisError) -> Readmission {
        var answer = Readmission()
        for group in groups(of: members) {
            let places = reserve(group.count)
            let isRoomHere = places.count >= min(enough, group.count)
            let asked = ContinuousClock.now
            var granted = 0
            // What is set aside here is given back, whatever Redis says.
            defer { commit(granted, of: places.count) }
            let (count, leave, wait) = try await ask(
                for: isRoomHere ? places.count : 0, enough: min(enough, group.count), group, patience)
            granted = isRoomHere ? count : 0
            var given = leave
            given.deadline = deadline(leave.deadline, askedAt: asked)
            answer.admitted += group.prefix(granted).map { member in
                var member = member
                member.leave = given
                return member
            }
            answer.others += group.dropFirst(granted).map(\.withoutLeave)
            guard granted < group.count else { continue }
            let next = isRoomHere ? wait : places.wait
            answer.wait = answer.wait.map { min($0, next) } ?? next
        }
        return answer
    }

    /// Says so where fewer may start together than a batch has: somebody has changed the limit since it was checked.
    func warn(ofLimitsBelow size: Int) async {
        for limit in rates {
            guard let numbers = try? await store.usage(of: limit).numbers, numbers.together < size else { continue }
            guard warned.withLock({ $0.updateValue(numbers, forKey: limit.name) }) != numbers else { continue }
            logger.warning(
                "a limit lets fewer jobs start together than a batch has, so the batch is divided; make the batch smaller",
                metadata: [
                    LogKeys.limit: "\(limit.name)", LogKeys.count: "\(size)", "flume.limit.numbers": "\(numbers)",
                ])
        }
    }

    /// Jobs whose keys have the same limits ask in one step.
    private func groups(of members: [BatchMember]) -> [[BatchMember]] {
        var places: [[Limit]: Int] = [:]
        var groups: [[BatchMember]] = []
        for member in members {
            let limits = member.delivery.grant?.keyed ?? []
            if let place = places[limits] {
                groups[place].append(member)
            } else {
                places[limits] = groups.count
                groups.append([member])
            }
        }
        return groups
    }

    /// Asks the limits that are shared.
    private func ask(
        for wanted: Int, enough: Int, _ group: [BatchMember], _ patience: Int
    ) async throws(RedisError) -> (count: Int, leave: BatchMember.Leave, wait: Duration) {
        let keyed = group.first?.delivery.grant?.keyed ?? []
        guard !(rates.isEmpty && keyed.isEmpty) else { return (wanted, BatchMember.Leave(), .zero) }
        var refunds = Self.refunds(group.compactMap(\.leave.time))
        if !keyed.isEmpty {
            // They were asked at another time than the limits of the whole pipeline.
            if !rates.isEmpty { try await takeBack(refunds, by: rates) }
            try await takeBack(Self.refunds(group.compactMap(\.leave.keyedTime)), by: keyed)
            refunds = [:]
        }
        let (count, deadline, reply) = try await store.acquire(
            wanted, enough: enough, of: Gate(keyed + rates), patience: patience, refunds: refunds)
        let leave = BatchMember.Leave(
            deadline: deadline, time: rates.isEmpty ? nil : reply.time, keyedTime: keyed.isEmpty ? nil : reply.time)
        return (count, leave, reply.stopped?.wait ?? .zero)
    }

    private func takeBack(_ refunds: [Int: Int], by limits: [Limit]) async throws(RedisError) {
        guard !refunds.isEmpty else { return }
        _ = try await store.acquire(0, enough: 0, of: Gate(limits), refunds: refunds)
    }

    private static func refunds(_ times: [Int]) -> [Int: Int] {
        times.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// The earlier of what the shared limits and those of this process say.
    private func deadline(
        _ shared: ContinuousClock.Instant?, askedAt asked: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        guard let localMargin else { return shared }
        let here = asked + localMargin
        return shared.map { min($0, here) } ?? here
    }
}

extension Limit.Numbers {
    /// How many it lets through at once, at the most.
    var together: Int { kind == .bucket ? burst : count }
}
