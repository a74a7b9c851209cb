public import FlumeRedis
import FlumeStore
import FlumeWire

/// The processes that run jobs, whatever runtime they are of: Sidekiq's `ProcessSet`.
public struct ProcessSet: Sendable {
    let inspector: Inspector
    private var store: JobStore { inspector.store }

    /// How many there are by the list, of which some may have died.
    ///
    /// - Throws: ``RedisError``.
    public func size() async throws(RedisError) -> Int {
        let replies = try await store.redis.send(
            inspector.processSetKeys.map { RedisCommand("SCARD", $0) })
        return replies.reduce(0) { $0 + ($1.integer ?? 0) }
    }

    /// Those that still beat, by identity.
    ///
    /// - Throws: ``RedisError``.
    public func all() async throws(RedisError) -> [QueueFacts.Worker] {
        let sets = try await inspector.members(of: inspector.processSetKeys)
        let workers = try await inspector.workers(sets[0])
        guard sets.count > 1 else { return workers }
        return (workers + (try await inspector.workers(sets[1], keyedBy: inspector.keys.exqProcess)))
            .sorted { $0.identity < $1.identity }
    }

    /// One of them.
    ///
    /// - Parameter identity: its identity.
    /// - Returns: `nil` when there is none that beats.
    /// - Throws: ``RedisError``.
    public func find(_ identity: String) async throws(RedisError) -> QueueFacts.Worker? {
        if let worker = try await inspector.workers([identity]).first { return worker }
        guard inspector.keys.namespace.isEmpty else { return nil }
        return try await inspector.workers([identity], keyedBy: inspector.keys.exqProcess).first
    }

    /// Takes those off the list that have not beaten for a minute, unless somebody did so within the last minute:
    /// Sidekiq's `cleanup`.
    ///
    /// Workers do it at each beat. It touches no job: whether a process lives is a matter of its lease.
    ///
    /// - Throws: ``RedisError``.
    public func cleanUp() async throws(RedisError) { try await store.prunePresences() }

    /// Sends a process a signal, as the buttons of Sidekiq's Web UI do.
    ///
    /// It is read at the next beat, within ten seconds by default, one at each beat.
    ///
    /// - Parameters:
    ///   - signal: what to do.
    ///   - identity: the process.
    /// - Throws: ``InspectorError`` when no such process beats, or it is embedded in an application, which ignores signals;
    ///   ``RedisError``.
    public func send(_ signal: ProcessSignal, to identity: String) async throws {
        guard let worker = try await find(identity) else {
            throw InspectorError.noSuchProcess(identity, running: try await all().map(\.identity))
        }
        guard !worker.embedded else { throw InspectorError.embedded(identity) }
        guard try await deliver(signal.rawValue, to: identity) else {
            throw InspectorError.noSuchProcess(identity, running: try await all().map(\.identity))
        }
    }

    /// Sends all processes a signal.
    ///
    /// - Parameter signal: what to do.
    /// - Returns: the identities of those it was sent to: not of embedded ones.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func sendToAll(_ signal: ProcessSignal) async throws(RedisError) -> [String] {
        var told: [String] = []
        for worker in try await all() where !worker.embedded {
            if try await deliver(signal.rawValue, to: worker.identity) { told.append(worker.identity) }
        }
        return told
    }

    /// Exq's keys begin with a colon when it has no namespace.
    func deliver(_ text: String, to identity: String) async throws(RedisError) -> Bool {
        if try await store.signal(text, to: identity) { return true }
        return try await store.signal(text, to: identity, isExq: true)
    }
}

extension Inspector {
    /// The processes that run jobs.
    ///
    /// ``processes()`` are those of them that are Flume's, by their leases.
    public var processSet: ProcessSet { ProcessSet(inspector: self) }

    /// Sidekiq's set, and Exq's where that has another name.
    var processSetKeys: [String] {
        keys.namespace.isEmpty ? [keys.processes, keys.exqProcesses] : [keys.processes]
    }
}
