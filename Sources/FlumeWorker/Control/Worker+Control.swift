public import Flume

extension Worker {
    /// Takes no more jobs of a pipeline, a queue or all; those that run come to their end.
    ///
    /// Temporarily: in this process, in memory, until ``resume(_:permanently:)`` or its end. Permanently: in Redis, so that
    /// every running process follows within a second, and everyone that is started later. A permanent pause of a queue is
    /// Sidekiq's own, in the set `paused`. Pausing what is paused changes nothing.
    ///
    /// - Parameters:
    ///   - scope: what to pause; a pipeline must be one of this worker's, and so must a queue unless it is paused permanently.
    ///   - permanently: whether in every process.
    ///   - waiting: how long to wait for the jobs of this process that run; `nil` to wait for none.
    /// - Returns: whether none of them runs any more.
    /// - Throws: ``ControlError``; ``RedisError`` when Redis did not take a permanent pause; `CancellationError` while it
    ///   waits, and then it stays paused.
    @discardableResult
    public func pause(
        _ scope: FlumeEvent.PauseScope, permanently: Bool = false, waiting: Duration? = nil
    ) async throws -> Bool {
        try await desk().pause(scope, permanently: permanently, waiting: waiting)
    }

    /// Takes jobs again.
    ///
    /// Temporarily it ends the pause of this process and no other. What is also paused permanently, or as a part of all,
    /// would stay paused, so that is an error and changes nothing. Permanently it ends the pause in Redis and the one of this
    /// process with it; temporary pauses of other processes stay. Resuming all resumes every pipeline, however it was
    /// paused, and no queue. Resuming what is not paused changes nothing.
    ///
    /// - Parameters:
    ///   - scope: what to resume, named as for ``pause(_:permanently:waiting:)``.
    ///   - permanently: whether in every process.
    /// - Throws: ``ControlError``; ``RedisError`` when Redis did not end a permanent pause.
    public func resume(_ scope: FlumeEvent.PauseScope, permanently: Bool = false) async throws {
        try await desk().resume(scope, permanently: permanently)
    }

    /// Reads a queue in a pipeline of its own, until it is unsubscribed or the worker ends.
    ///
    /// The pipeline has the queue's name, with `queue:` before it when another pipeline is called so. A queue that has a
    /// pipeline of its own already gets the new concurrency; jobs that run beyond it come to their end.
    ///
    /// - Parameters:
    ///   - queue: its bare name.
    ///   - concurrency: how many of its jobs run at a time.
    /// - Throws: ``ControlError``, also when the queue is one of several of a pipeline.
    public func subscribe(to queue: String, concurrency: Int) async throws {
        try await desk().subscribe(to: queue, concurrency: concurrency)
    }

    /// Reads a queue no more; its jobs that run come to their end.
    ///
    /// A pipeline with other queues goes on with those. It does not wait: jobs that a fetch had taken by then still start, and
    /// those that a fetch takes which an idle pipeline had left with Redis, until it is taken back a moment later.
    ///
    /// - Parameter queue: its bare name.
    /// - Throws: ``ControlError``, also when nobody here reads it.
    public func unsubscribe(from queue: String) async throws {
        try await desk().unsubscribe(from: queue)
    }

    /// Reads no queue any more; jobs that run come to their end, and the worker goes on.
    ///
    /// - Throws: ``ControlError``.
    public func unsubscribeAll() async throws {
        try await desk().unsubscribeAll()
    }

    /// The pipelines as they are now.
    ///
    /// - Throws: ``ControlError`` when the worker does not run.
    public func subscriptions() async throws -> [Subscription] {
        try await desk().subscriptions
    }
}
