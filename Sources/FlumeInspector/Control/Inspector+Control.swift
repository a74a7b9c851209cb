public import Flume
public import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    private static let answerInterval = Duration.milliseconds(20)

    /// The identities of the Flume processes that live, sorted.
    ///
    /// - Throws: ``RedisError``.
    public func processes() async throws(RedisError) -> [String] {
        let identities = try await members(of: [keys.flumeProcesses])[0]
        let absent = try await store.absentLeases(of: identities)
        return identities.filter { !absent.contains($0) }
    }

    /// Takes no more jobs of a pipeline, a queue or all.
    ///
    /// - Parameters:
    ///   - scope: what to pause.
    ///   - identity: the one process that pauses it, until it ends; `nil` for every process, now and after restarts.
    /// - Throws: ``InspectorError``, ``RedisError``.
    public func pause(_ scope: FlumeEvent.PauseScope, in identity: String? = nil) async throws {
        try Self.check(scope)
        switch (scope, identity) {
        case (.pipeline(let name), nil): try await store.pause(pipeline: name)
        case (.queue(let name), nil): try await store.pause(queue: name)
        case (.all, nil): try await store.pause(pipeline: KeySpace.everyPipeline)
        case (.pipeline(let name), let identity?): try await tell(identity, .pausePipeline, name)
        case (.queue(let name), let identity?): try await tell(identity, .pauseQueue, name)
        case (.all, let identity?): try await tell(identity, .pauseAll)
        }
    }

    /// Takes jobs again.
    ///
    /// - Parameters:
    ///   - scope: what to resume; all resumes every pipeline, however it was paused, and no queue.
    ///   - identity: the one process that resumes what was paused in it; `nil` to end the pause of every process. What
    ///     single processes paused for themselves stays so.
    /// - Throws: ``InspectorError``, ``RedisError``.
    public func resume(_ scope: FlumeEvent.PauseScope, in identity: String? = nil) async throws {
        try Self.check(scope)
        switch (scope, identity) {
        case (.pipeline(let name), nil): try await store.resume(pipeline: name)
        case (.queue(let name), nil): try await store.resume(queue: name)
        case (.all, nil): try await store.resume(pipeline: KeySpace.everyPipeline)
        case (.pipeline(let name), let identity?): try await tell(identity, .resumePipeline, name)
        case (.queue(let name), let identity?): try await tell(identity, .resumeQueue, name)
        case (.all, let identity?): try await tell(identity, .resumeAll)
        }
    }

    /// Has a process read a queue in a pipeline of its own, until it ends.
    ///
    /// - Parameters:
    ///   - queue: its bare name.
    ///   - concurrency: how many of its jobs run at a time.
    ///   - identity: the process.
    /// - Throws: ``InspectorError``, ``RedisError``.
    public func subscribe(to queue: String, concurrency: Int, in identity: String) async throws {
        guard !queue.isEmpty else { throw InspectorError.emptyName }
        guard concurrency > 0 else { throw InspectorError.concurrency(concurrency) }
        try await tell(identity, .subscribe, queue, concurrency: concurrency)
    }

    /// Has a process read a queue no more.
    ///
    /// - Parameters:
    ///   - queue: its bare name.
    ///   - identity: the process.
    /// - Throws: ``InspectorError``, ``RedisError``.
    public func unsubscribe(from queue: String, in identity: String) async throws {
        guard !queue.isEmpty else { throw InspectorError.emptyName }
        try await tell(identity, .unsubscribe, queue)
    }

    /// Has a process read no queue any more.
    ///
    /// - Parameter identity: the process.
    /// - Throws: ``InspectorError``, ``RedisError``.
    public func unsubscribeAll(in identity: String) async throws {
        try await tell(identity, .unsubscribeAll)
    }

    private static func check(_ scope: FlumeEvent.PauseScope) throws(InspectorError) {
        switch scope {
        case .pipeline(""), .queue(""): throw .emptyName
        case .pipeline, .queue, .all: break
        }
    }

    /// Tells a process, and waits until it has done it, or until the task is cancelled.
    func tell(
        _ identity: String, _ verb: ControlCommand.Verb, _ name: String = "", concurrency: Int? = nil
    ) async throws {
        var generator = SystemRandomNumberGenerator()
        let command = ControlCommand(
            id: JobID.make(using: &generator), verb: verb, name: name, concurrency: concurrency)
        guard try await store.tell(identity, command) else {
            throw InspectorError.noSuchProcess(identity, running: try await processes())
        }
        let end = ContinuousClock.now + patience
        while ContinuousClock.now < end, !Task.isCancelled {
            if try await hasDone(command, identity) { return }
            // Looked for again and again: to wait in Redis it would need a connection that nobody else uses.
            try? await Task.sleep(for: Self.answerInterval)
        }
        // Better not done than done when nobody expects it any more; what is not there any more was carried out.
        if try await !store.takeBack(command, from: identity), try await hasDone(command, identity) { return }
        try Task.checkCancellation()
        throw InspectorError.noAnswer(identity)
    }

    /// Whether a process has done what it was told.
    private func hasDone(_ command: ControlCommand, _ identity: String) async throws -> Bool {
        guard let answer = try await store.answer(to: command, by: identity) else { return false }
        guard answer == ControlAnswer.done else { throw InspectorError.refused(identity, reason: answer) }
        return true
    }
}
