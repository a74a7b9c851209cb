extension Worker {
    /// How many jobs of this process run now.
    ///
    /// A job counts from the moment it was fetched, also while it waits for company in a pipeline that batches. What a
    /// script asks for that drains a process: pause, then wait until there are none. ``pause(_:permanently:waiting:)``
    /// does both.
    ///
    /// - Parameter pipeline: One of this worker's; `nil` for all, those included that were left since.
    /// - Returns: The number.
    /// - Throws: ``ControlError`` when the worker does not run, or has no such pipeline.
    public func runningCount(in pipeline: String? = nil) async throws -> Int {
        try await desk().runningCount(in: pipeline)
    }

    /// Cancels a job of this process that runs, or is about to.
    ///
    /// Its task is cancelled: a handler sees that in `Task.isCancelled`, and in the `CancellationError` of whatever it
    /// waits for. Unless the handler returns all the same, or discards the job, the job goes to the dead set, as in Exq,
    /// whatever retries it has left, and counts as failed; its death hooks are called. One that waits for company in a
    /// pipeline that batches goes there when its turn comes.
    ///
    /// - Parameter jid: its jid.
    /// - Throws: ``ControlError`` when the worker does not run, no such job runs here, or it is one of a batch that runs.
    public func cancel(jid: String) async throws {
        try await desk().cancel(jid: jid)
    }
}

extension ControlDesk {
    /// How many jobs run.
    func runningCount(in pipeline: String?) throws(ControlError) -> Int {
        guard let pipeline else { return running.count }
        let lanes = lanes.all.filter { $0.pipeline.name == pipeline }
        guard !lanes.isEmpty else {
            throw .unknownPipeline(pipeline, known: self.lanes.current.map(\.pipeline.name))
        }
        return lanes.reduce(0) { $0 + $1.slots.taken }
    }
}
