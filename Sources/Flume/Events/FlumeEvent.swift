/// Something that happened to a job, a pipeline or the connection.
///
/// ``EventBus`` hands events to any number of observers. New cases may be added; switch with a `default`.
public enum FlumeEvent: Sendable {
    /// A push was acknowledged by Redis: so many jobs for one queue, with so many bytes of payload.
    ///
    /// One event for each queue of a call. Jobs for later are ``scheduled(queue:count:bytes:)`` instead.
    case enqueued(queue: String, count: Int, bytes: Int)
    /// A push of jobs for later was acknowledged by Redis: so many for one queue, with so many bytes of payload.
    ///
    /// They come into their queue when they are due, which is no push of anybody's and no event.
    case scheduled(queue: String, count: Int, bytes: Int)
    /// A fetch brought jobs, after so long a wait for Redis.
    ///
    /// Zero for a fetch that an idle pipeline had left with Redis: it waited for jobs, and nobody for it.
    case fetched(pipeline: String, count: Int, bytes: Int, latency: Duration)
    /// A limit let so many jobs pass.
    case admitted(pipeline: String, limit: String, count: Int)
    /// A limit is reached: the pipeline, or one key of it, waits so long before it asks again.
    case limited(pipeline: String, limit: String, wait: Duration)
    /// A batch was handed to its handler.
    case batchFlushed(pipeline: String, jobClass: String, size: Int, reason: FlushReason)
    /// A handler was called.
    ///
    /// Exactly one of ``finished(_:elapsed:)``, ``failed(_:error:elapsed:retryIn:)``, ``snoozed(_:delay:)``,
    /// ``discarded(_:reason:)`` and ``interrupted(_:)`` follows.
    case started(JobReference)
    /// A handler returned, after so long.
    case finished(JobReference, elapsed: Duration)
    /// A handler threw or killed the job, after so long; it runs again after `retryIn`, or `nil` when it does not.
    ///
    /// A job without a handler fails too, when the policy for unknown classes is not to hand it on.
    case failed(JobReference, error: String, elapsed: Duration, retryIn: Duration?)
    /// A job runs later, or elsewhere, without having failed.
    case snoozed(JobReference, delay: Duration)
    /// A handler was through with a job for good.
    case discarded(JobReference, reason: String)
    /// A handler goes on although it was cancelled when its time was up, and holds a slot until it returns.
    ///
    /// `elapsed` is its timeout and 5 s more. What else happens to the job follows when the handler returns.
    case stuck(JobReference, elapsed: Duration)
    /// A job is no longer this process's: it was put back at a shutdown, or another process has recovered it.
    case interrupted(JobReference)
    /// A job went to the dead set, or died without it.
    ///
    /// After a ``failed(_:error:elapsed:retryIn:)`` when its handler was called. What was in a queue and is no job has
    /// neither jid nor class.
    case died(JobReference, error: String)
    /// Jobs of a dead process were put back.
    case recovered(identity: String, count: Int)
    /// This process was taken for dead and has a new identity.
    case leaseLost(identity: String)
    /// A pipeline takes no more jobs and waits for something.
    case backPressure(pipeline: String, waitsFor: BackPressure)
    /// A pipeline has what it waited for, after so long.
    case backPressureEnded(pipeline: String, waitedFor: BackPressure, after: Duration)
    /// A pipeline or queue was paused.
    case paused(PauseScope, isPermanent: Bool)
    /// A pipeline or queue goes on.
    case resumed(PauseScope, isPermanent: Bool)
    /// A queue is read by a pipeline of its own from now on.
    case subscribed(queue: String, concurrency: Int)
    /// A queue is read no more.
    case unsubscribed(queue: String)
    /// A part of the worker cannot reach Redis: `what` it wanted, and why it could not.
    case connectionLost(what: String, error: String)
    /// It can again.
    case connectionRestored(what: String)

    /// A job, in the words of the Web UI.
    public struct JobReference: Sendable, Hashable {
        /// Sidekiq's `jid`; empty when the producer wrote none.
        public var jid: String
        /// `wrapped`, else `class`.
        public var jobClass: String
        /// The queue whose list it was taken from.
        public var queue: String
        /// The pipeline that runs it; empty for a job of a dead process.
        public var pipeline: String

        /// Names a job.
        public init(jid: String, jobClass: String, queue: String, pipeline: String) {
            self.jid = jid
            self.jobClass = jobClass
            self.queue = queue
            self.pipeline = pipeline
        }
    }

    /// Why a batch was handed over.
    public enum FlushReason: String, Sendable, Hashable {
        /// It had all the jobs it may have.
        case size
        /// Its first job had waited long enough.
        case timeout
        /// The worker stops.
        case shutdown
        /// The pipeline held as many jobs as it may, and there was nothing else to run.
        case pressure
    }

    /// What a pipeline waits for.
    public enum BackPressure: Sendable, Hashable {
        /// All its slots are taken by running jobs.
        case handlers
        /// It holds as many jobs for batches as it may.
        case batches
        /// A limit of this name is reached.
        case limit(String)
    }

    /// What is paused.
    public enum PauseScope: Sendable, Hashable {
        /// One pipeline.
        case pipeline(String)
        /// One queue, for every pipeline and every Sidekiq that honours `paused`.
        case queue(String)
        /// Every pipeline.
        case all
    }
}
