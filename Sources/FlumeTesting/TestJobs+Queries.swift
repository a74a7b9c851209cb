public import Flume
public import FlumeWire
import Synchronization

/// What was enqueued, and what waits.
extension TestJobs {
    /// What was enqueued since the beginning or ``clear()``, in order, whether or not it has run since.
    ///
    /// ```swift
    /// #expect(jobs.enqueued("WelcomeEmail", args: [42, "hello"], in: "mailers").count == 1)
    /// #expect(jobs.enqueued("WelcomeEmail").first?.delay == .seconds(300))
    /// ```
    ///
    /// - Parameters:
    ///   - jobClass: only jobs of this class.
    ///   - args: only jobs with exactly these arguments.
    ///   - queue: only jobs for this queue.
    /// - Returns: the jobs as they were enqueued.
    public func enqueued(
        _ jobClass: String? = nil, args: [JSONValue]? = nil, in queue: String? = nil
    ) -> [EnqueuedJob] {
        store.state.withLock { $0.pushed }.filter { job in
            (jobClass ?? job.jobClass) == job.jobClass && (queue ?? job.queue) == job.queue
                && (args ?? job.arguments) == job.arguments
        }
    }

    /// What was enqueued of a type since the beginning or ``clear()``, in order, whether or not it has run since.
    ///
    /// ```swift
    /// #expect(try jobs.enqueued(WelcomeEmail.self).map(\.userID) == [42])
    /// ```
    ///
    /// - Parameters:
    ///   - type: only jobs of its class.
    ///   - queue: only jobs for this queue.
    /// - Returns: the jobs, decoded as a handler would get them.
    /// - Throws: when the arguments of one do not fit the type.
    public func enqueued<J: Job>(_ type: J.Type, in queue: String? = nil) throws -> [J] {
        try enqueued(J.jobClass, in: queue).map { try $0.decoded() }
    }

    /// What is enqueued from now on, for code that enqueues in a task of its own.
    ///
    /// ```swift
    /// var pushes = jobs.pushes().makeAsyncIterator()
    /// server.accept(order)
    /// #expect(await pushes.next()?.jobClass == "ShipOrder")
    /// ```
    ///
    /// - Returns: each job when it is enqueued; ends when the task that reads it is cancelled.
    public func pushes() -> AsyncStream<EnqueuedJob> {
        let (stream, continuation) = AsyncStream.makeStream(of: EnqueuedJob.self)
        store.state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    /// What waits in queues, or in one of them, the next to run first.
    public func waiting(in name: String? = nil) -> [EnqueuedJob] {
        store.state.withLock { $0.waiting }.filter { (name ?? $0.queue) == $0.queue }
    }

    /// What is for later, the first due first: the members of `schedule`.
    public var scheduled: [EnqueuedJob] { store.state.withLock { $0.scheduled } }

    /// What has failed and waits for its retry, the first due first: the members of `retry`.
    public var retries: [EnqueuedJob] { store.state.withLock { $0.retries } }

    /// What has died, the last one last: the members of `dead`.
    public var dead: [EnqueuedJob] { store.state.withLock { $0.dead } }

    /// All runs so far, also those of jobs that ran inline.
    public var runs: [JobRun] { store.state.withLock { $0.runs } }

    /// Forgets all jobs and runs; handlers and the time stay.
    public func clear() {
        store.state.withLock { $0 = TestStore.State(handlers: $0.handlers, listeners: $0.listeners) }
    }
}
