/// How a worker is: what health checks and metrics are made of.
///
/// It is read from memory, on any thread, and waits for nobody: not for Redis, nor for a thread of Swift's pool.
public struct WorkerHealth: Sendable {
    /// Where a worker is in its life.
    public enum Stage: String, Sendable, Hashable {
        /// Not yet fetching: `run()` was not called, or checks Redis.
        case starting
        /// Fetches.
        case running
        /// Fetches no more; jobs that run come to their end.
        case quiet
        /// Leaves.
        case stopping
        /// `run()` has returned.
        case ended
    }

    /// One of the worker's loops.
    public struct Loop: Sendable, Hashable {
        /// `lease`, `settle`, `heartbeat`, `poll`, `recover`, `control`, or `fetch:` and the name of a pipeline.
        public var name: String
        /// How long ago it last moved.
        public var stillFor: Duration
        /// For how long it should have moved again; zero when it is in time.
        public var overdue: Duration

        /// Describes a loop.
        public init(name: String, stillFor: Duration, overdue: Duration) {
            self.name = name
            self.stillFor = stillFor
            self.overdue = overdue
        }
    }

    /// One pipeline.
    public struct Pipeline: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Whether it may fetch: not while it is paused.
        public var isOpen: Bool
        /// Jobs it has taken and not finished, with those that wait for their batch.
        public var busy: Int
        /// How many jobs, or batches, run at a time.
        public var concurrency: Int
        /// How many calls of handlers go on although they were cancelled when their time was up, 5 s later or more.
        public var stuck = 0
        /// For how long it has had nothing but those, in all of its slots; `nil` when it has others, or a slot is free.
        public var blockedFor: Duration?

        /// Describes a pipeline.
        public init(name: String, isOpen: Bool, busy: Int, concurrency: Int) {
            self.name = name
            self.isOpen = isOpen
            self.busy = busy
            self.concurrency = concurrency
        }
    }

    /// The proof of life in Redis.
    public struct Lease: Sendable, Hashable {
        /// How long ago it was last renewed; `nil` when it was not yet.
        public var age: Duration?
        /// How long it holds without that.
        public var duration: Duration

        /// Whether it holds, as far as this process knows.
        public var isHeld: Bool { age.map { $0 < duration } ?? false }

        /// Describes a lease.
        public init(age: Duration? = nil, duration: Duration) {
            self.age = age
            self.duration = duration
        }
    }

    /// The connection to Redis.
    public struct Redis: Sendable, Hashable {
        /// How long ago Redis last answered, with an error or without; since the start when it never did.
        public var silence: Duration
        /// Why the last renewal of the lease failed, and for how long none has worked; `nil` when it worked.
        public var trouble: String?
        /// For how long there has been trouble.
        public var troubleAge: Duration
        /// How often the worker's connections were made anew.
        public var reconnects: Int
        /// How far this host's clock is ahead of Redis's, as the last renewal of the lease showed; negative when behind.
        ///
        /// No harm for the worker, which goes by Redis's clock; producers on this host go by their own.
        public var clockSkew = Duration.zero

        /// Describes a connection.
        public init(
            silence: Duration = .zero, trouble: String? = nil, troubleAge: Duration = .zero, reconnects: Int = 0
        ) {
            self.silence = silence
            self.trouble = trouble
            self.troubleAge = troubleAge
            self.reconnects = reconnects
        }
    }

    /// Where it is in its life.
    public var stage: Stage
    /// Its name in Redis; empty before it runs.
    public var identity = ""
    /// When it began to run, in seconds since 1970; `nil` before that.
    public var startedAt: Double?
    /// The connection to Redis; `nil` when the worker does not run.
    public var redis: Redis?
    /// The proof of life; `nil` when the worker does not run.
    public var lease: Lease?
    /// Its loops that are under way.
    public var loops: [Loop] = []
    /// Its pipelines.
    public var pipelines: [Pipeline] = []
    /// What became of jobs since it began to run.
    public var counts = JobCounts()

    /// Describes a worker.
    ///
    /// - Parameter stage: where it is in its life.
    public init(stage: Stage) {
        self.stage = stage
    }
}
