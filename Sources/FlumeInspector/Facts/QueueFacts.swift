import FlumeWire

/// What there is to know about the queues at one moment.
///
/// Times are seconds since 1970 by Redis's clock, durations are seconds. As JSON it has these names.
public struct QueueFacts: Sendable, Hashable, Codable {
    /// When it was read.
    public var time: Double
    /// Jobs that have run since counting began, failed ones included.
    public var processed: Int
    /// Failures since counting began.
    public var failed: Int
    /// Jobs in `schedule`.
    public var scheduled: Int
    /// Jobs in `retry`.
    public var retries: Int
    /// Jobs in `dead`.
    public var dead: Int
    /// Every queue that a job was ever pushed to, by name.
    public var queues: [Queue]
    /// The processes that beat, Sidekiq's included.
    public var processes: [Worker]
    /// How many jobs run, by the count of the processes.
    public var running: Int
    /// Jobs that run; no more than were asked for.
    public var jobs: [RunningJob]
    /// The records of jobs in flight, by process.
    public var inflight: [InFlight]
    /// What is paused for every process.
    public var pauses: Pauses
    /// The limits in use.
    public var limits: [Limit]
}

extension QueueFacts {
    /// A queue.
    public struct Queue: Sendable, Hashable, Codable {
        /// Its bare name.
        public var name: String
        /// How many jobs wait.
        public var size: Int
        /// The age of the oldest one: 0 when none waits, `nil` when that one does not say when it was enqueued.
        public var latency: Double?
        /// Whether it is in Sidekiq's `paused`.
        public var paused: Bool
    }

    /// What is paused, for every process or by one.
    public struct Pauses: Sendable, Hashable, Codable {
        /// Whether every pipeline is.
        public var all: Bool
        /// The pipelines that are by name.
        public var pipelines: [String]
        /// The queues that are.
        public var queues: [String]
    }

    /// The jobs a process has taken and not settled.
    public struct InFlight: Sendable, Hashable, Codable {
        /// Whether a process is alive.
        public enum Lease: String, Sendable, Hashable, Codable {
            /// It proves to be.
            case held
            /// It has not for a while.
            case lapsed
            /// Its jobs are being put back by others.
            case buried
        }

        /// The identity of the process.
        public var process: String
        /// How many jobs.
        public var jobs: Int
        /// Whether it is alive.
        public var lease: Lease
    }
}

extension QueueFacts.Pauses {
    init(_ record: PauseRecord) {
        self.init(all: record.all, pipelines: record.pipelines, queues: record.queues)
    }
}
