public import FlumeRedis
import FlumeStore
import FlumeWire

/// The jobs that run: Sidekiq's `WorkSet`.
///
/// Those of Flume's processes are read from their in-flight records, which are of this moment and know of a job from its
/// fetch on; those of others from what they told at their last beat.
public struct WorkSet: Sendable {
    let inspector: Inspector
    private var keys: KeySpace { inspector.keys }

    /// Running jobs by process, so many at most.
    ///
    /// - Parameter limit: how many to read; none for a number below 1.
    /// - Returns: the jobs, sorted by process.
    /// - Throws: ``RedisError``.
    public func all(limit: Int = 1000) async throws(RedisError) -> [RunningJob] {
        var jobs: [RunningJob] = []
        guard limit > 0 else { return [] }
        try await visit { page in
            jobs += page.prefix(limit - jobs.count)
            return jobs.count < limit
        }
        return jobs.sorted { ($0.process, $0.thread) < ($1.process, $1.thread) }
    }

    /// A running job: Sidekiq's `find_work_by_jid`.
    ///
    /// - Parameter jid: its jid.
    /// - Returns: `nil` when it does not run.
    /// - Throws: ``RedisError``.
    public func find(jid: String) async throws(RedisError) -> RunningJob? {
        var found: RunningJob?
        try await visit { page in
            found = page.first { $0.jid == jid }
            return found == nil
        }
        return found
    }

    /// Cancels a running job.
    ///
    /// In a process of Flume's its task is cancelled, and unless the handler returns all the same the job goes to the dead
    /// set, as in Exq, whatever retries it has left. Exq kills the job at its next beat. A Sidekiq cannot.
    ///
    /// - Parameter jid: its jid.
    /// - Throws: ``InspectorError`` when no such job runs, or its process cannot; ``RedisError``.
    public func cancel(jid: String) async throws {
        guard !jid.isEmpty else { throw InspectorError.emptyName }
        guard let job = try await find(jid: jid) else { throw InspectorError.noSuchJob(jid) }
        if job.isInFlight { return try await inspector.tell(job.process, .cancel, jid) }
        guard job.isExq else { throw InspectorError.cannotCancel(jid, process: job.process) }
        var target = JSONObject()
        target["pid"] = .string(job.thread)
        target["jid"] = .string(jid)
        let text = "CANCEL:" + String(decoding: JSONValue.object(target).json, as: UTF8.self)
        guard try await inspector.processSet.deliver(text, to: job.process) else {
            throw InspectorError.noSuchProcess(job.process, running: try await inspector.processes())
        }
    }

    // MARK: Reading

    /// Reads page by page, until all are read or the visitor has seen enough and says no.
    private func visit(_ visitor: ([RunningJob]) -> Bool) async throws(RedisError) {
        let sets = try await inspector.members(of: [keys.flumeProcesses] + inspector.processSetKeys)
        let absent = try await inspector.store.absentLeases(of: sets[0])
        let ours = sets[0].filter { !absent.contains($0) }
        for process in ours {
            let since = try await startTimes(of: process)
            let goesOn = try await scan(keys.inflight(process), visitor) { field, payload in
                let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                let thread = Int(parts[0]).map { String($0, radix: 36) } ?? ""
                return RunningJob(
                    process: process, thread: thread, queue: parts.count > 1 ? String(parts[1]) : "",
                    since: since[thread], bytes: payload, isInFlight: true)
            }
            guard goesOn else { return }
        }
        for process in Set(sets.dropFirst().joined()).subtracting(ours).sorted() {
            // Sidekiq up to 6.4.1 and Exq have the second one alone.
            let exists = try await inspector.store.redis.send(RedisCommand("EXISTS", keys.work(process))).integer == 1
            let key = exists ? keys.work(process) : keys.legacyWork(process)
            let goesOn = try await scan(key, visitor) { thread, record in
                guard let record = WorkReading(record) else { return nil }
                return RunningJob(
                    process: process, thread: thread, queue: record.queue, since: record.since, bytes: record.payload,
                    isExq: record.isExq)
            }
            guard goesOn else { return }
        }
    }

    private func startTimes(of process: String) async throws(RedisError) -> [String: Double] {
        var times: [String: Double] = [:]
        var cursor = "0"
        repeat {
            let reply = try await inspector.store.redis.send(
                RedisCommand("HSCAN", keys.work(process), cursor, "COUNT", "100"))
            let (next, pairs) = Self.pairs(reply)
            for (thread, record) in pairs { times[thread] = WorkReading(record)?.since }
            cursor = next
        } while cursor != "0"
        return times
    }

    private func scan(
        _ key: String, _ visitor: ([RunningJob]) -> Bool, _ make: (String, [UInt8]) -> RunningJob?
    ) async throws(RedisError) -> Bool {
        var cursor = "0"
        repeat {
            let reply = try await inspector.store.redis.send(RedisCommand("HSCAN", key, cursor, "COUNT", "100"))
            let (next, pairs) = Self.pairs(reply)
            guard visitor(pairs.compactMap { make($0.field, $0.value) }) else { return false }
            cursor = next
        } while cursor != "0"
        return true
    }

    private static func pairs(_ reply: RedisReply) -> (next: String, [(field: String, value: [UInt8])]) {
        let parts = reply.array ?? []
        let words = parts.last?.array ?? []
        return (
            parts.first?.string ?? "0",
            stride(from: 0, to: words.count - 1, by: 2).compactMap { at in
                guard let field = words[at].string, let value = words[at + 1].bytes else { return nil }
                return (field, value)
            }
        )
    }
}

extension Inspector {
    /// The jobs that run.
    public var workSet: WorkSet { WorkSet(inspector: self) }
}
