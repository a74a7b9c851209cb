extension QueueFacts {
    /// A process that runs jobs, as it describes itself at each beat.
    public struct Worker: Sendable, Hashable, Codable {
        /// `host:pid:nonce`.
        public var identity: String
        /// The host it runs on.
        public var hostname: String
        /// The number of the process there.
        public var pid: Int?
        /// A text of its own, empty for none.
        public var tag: String
        /// What it is: `flume-0.1.0`, or the version of a Sidekiq that tells.
        public var version: String?
        /// Its pipelines; those Sidekiqs that do not tell have one that is called `default`.
        public var pipelines: [Pipeline]
        /// How many jobs it runs, at the last beat.
        public var busy: Int
        /// Whether it takes no more jobs.
        public var quiet: Bool
        /// What it pauses for itself alone; of what is paused for every process it says nothing.
        public var pauses: Pauses
        /// When it last beat, by its own clock.
        public var beat: Double?
        /// When it was started, by its own clock.
        public var started: Double?
        /// Texts of its own.
        public var labels: [String]
        /// How many jobs it runs at most at a time; `nil` when it does not tell.
        public var concurrency: Int?
        /// Its resident memory in KiB; `nil` when it does not tell.
        public var residentKilobytes: Int?
        /// How long Redis took to answer it at the last beat; `nil` when it does not tell.
        public var roundTripMicroseconds: Int?
        /// Whether it is part of an application, and ignores signals.
        public var embedded: Bool
    }

    /// A pipeline of a process.
    public struct Pipeline: Sendable, Hashable, Codable {
        /// Its name.
        public var name: String
        /// The queues it reads.
        public var queues: [String]
        /// How many jobs it runs at a time; `nil` when the process does not tell.
        public var concurrency: Int?
    }

    /// A job that runs.
    public struct RunningJob: Sendable, Hashable, Codable {
        /// Its jid; `nil` when it has none.
        public var jid: String?
        /// The class; the wrapped one of an ActiveJob.
        public var jobClass: String?
        /// The queue it was taken from.
        public var queue: String
        /// Since when it runs.
        public var since: Double?
        /// The identity of the process that runs it.
        public var process: String

        private enum CodingKeys: String, CodingKey {
            case jid
            case jobClass = "class"
            case queue, since, process
        }
    }

    /// A limit that pipelines share.
    public struct Limit: Sendable, Hashable, Codable {
        /// The jobs that wait in Redis for one key of a limit.
        public struct Parked: Sendable, Hashable, Codable {
            /// The pipeline they were taken by; only it takes them again.
            public var pipeline: String
            /// The key, made of the job's arguments.
            public var key: String
            /// How many jobs.
            public var jobs: Int
        }

        /// Its name.
        public var key: String
        /// What is stored of it, field by field.
        public var fields: [String: String]
        /// How many jobs may start now; `nil` when what is stored does not tell.
        ///
        /// Of a limit that holds for each key by itself: how many of a key that has had none.
        public var available: Int?
        /// How many of its slots are taken.
        public var slots: Int
        /// For how many keys jobs are parked.
        public var parkedKeys: Int
        /// The first of those keys.
        public var parked: [Parked]
    }
}
