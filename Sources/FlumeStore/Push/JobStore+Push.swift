package import FlumeRedis
import FlumeWire

extension JobStore {
    /// How many bytes of jobs one call writes at most; Redis hangs up on a command of 1 GiB (`client-query-buffer-limit`),
    /// and nobody would know whether it was executed.
    package static let mostBytesOfPush = 512 << 20
    private static let pushScript = RedisScript(name: "push", source: PackageResources.push_lua)

    /// Enqueues jobs, all or none of them, in the order given, in one round trip.
    ///
    /// Never sent again by itself: when the outcome is unknown, only the caller can know what a second job would mean.
    ///
    /// - Returns: for each job that was not written because another holds its lock, by its place: the jid of that one.
    @discardableResult
    package func push(_ items: [PushItem]) async throws(RedisError) -> [Int: String] {
        if items.count > 1 {
            let bytes = items.reduce(0) { $0 + $1.payload.count }
            guard bytes <= Self.mostBytesOfPush else {
                throw RedisError(
                    .refused,
                    "the \(items.count) jobs of one call are \(bytes) bytes, more than the \(Self.mostBytesOfPush) that "
                        + "go together; nothing was written: enqueue them in several calls")
            }
        }
        guard items.allSatisfy({ $0.lock == nil }) else { return try await pushUnique(items) }
        try await pushAll(items)
        return [:]
    }

    private func pushAll(_ items: [PushItem]) async throws(RedisError) {
        guard let first = items.first else { return }
        if items.count == 1, case .queue(let name) = first.place {
            return try await line.push(.init(queue: name, payload: first.payload), send: pushTogether)
        }
        // One destination is one variadic command, which is atomic as it is.
        if items.allSatisfy({ $0.place == first.place || $0.isScheduled && first.isScheduled }) {
            switch first.place {
            case .queue(let name): try await push(items, toQueue: name)
            case .schedule: try await schedule(items)
            }
        } else {
            try await pushMixed(items)
        }
    }

    private func push(_ items: [PushItem], toQueue name: String) async throws(RedisError) {
        var push = RedisCommand("LPUSH", keys.queue(name))
        for item in items { push.append(item.payload) }
        // The name goes first: a reader may see a name without a list, never a list without its name.
        let replies = try await redis.send([RedisCommand("SADD", keys.queues, name), push])
        for reply in replies {
            if case .error(let error) = reply { throw error }
        }
    }

    /// Jobs of several callers: one variadic command for each queue, all in one write.
    @Sendable private func pushTogether(_ jobs: [PushLine.Passenger]) async -> [ExactName: Result<Void, RedisError>] {
        var pushes: [(queue: String, command: RedisCommand)] = []
        for job in jobs {
            if let index = pushes.firstIndex(where: { $0.queue.isExactly(job.queue) }) {
                pushes[index].command.append(job.payload)
            } else {
                var command = RedisCommand("LPUSH", keys.queue(job.queue))
                command.append(job.payload)
                pushes.append((job.queue, command))
            }
        }
        var results: [ExactName: Result<Void, RedisError>] = [:]
        do throws(RedisError) {
            let replies = try await redis.send(
                pushes.flatMap { [RedisCommand("SADD", keys.queues, $0.queue), $0.command] },
                // Nobody else has come meanwhile: this caller's next job waits for this reply.
                isWatched: jobs.count == 1)
            for (index, push) in pushes.enumerated() {
                let errors = replies[2 * index...2 * index + 1].lazy.compactMap(\.error)
                results[ExactName(push.queue)] = errors.first.map { .failure($0) } ?? .success(())
            }
        } catch {
            for push in pushes { results[ExactName(push.queue)] = .failure(error) }
        }
        return results
    }

    private func schedule(_ items: [PushItem]) async throws(RedisError) {
        var add = RedisCommand("ZADD", keys.schedule)
        for item in items {
            guard case .schedule(let time) = item.place else { continue }
            add.append(time)
            add.append(item.payload)
        }
        _ = try await redis.send(add)
    }

    private func pushMixed(_ items: [PushItem]) async throws(RedisError) {
        var keyNames = [keys.queues, keys.schedule]
        var indexes: [ExactName: Int] = [:]
        for item in items {
            guard case .queue(let name) = item.place, indexes[ExactName(name)] == nil else { continue }
            keyNames.append(keys.queue(name))
            indexes[ExactName(name)] = keyNames.count
        }
        _ = try await redis.evaluate(Self.pushScript, keys: keyNames) { command in
            for item in items {
                switch item.place {
                case .queue(let name):
                    command.append(indexes[ExactName(name)] ?? 0)
                    command.append(name)
                case .schedule(let time):
                    command.append(0)
                    command.append(time)
                }
                command.append(item.payload)
            }
        }
    }
}

extension PushItem {
    fileprivate var isScheduled: Bool {
        if case .schedule = place { true } else { false }
    }
}
