/// What became of jobs in this process, counted since the worker began to run.
public struct JobCounts: Sendable, Hashable {
    /// One class of jobs.
    public struct JobClass: Sendable, Hashable {
        /// How many attempts ended so, by `done`, `failed`, `snoozed`, `discarded`, `killed`.
        public var endings: [String: Int] = [:]
        /// How long they ran.
        public var durations = DurationHistogram()

        /// Makes empty counts.
        public init() {}
    }

    /// How many classes are counted each on its own.
    public static let mostClasses = 100
    /// The name under which all further ones are counted.
    public static let otherClasses = "other"
    /// The name under which classes without a handler are counted.
    ///
    /// Their names come from whoever can write to a queue.
    public static let unknownClasses = "unknown"

    /// Attempts that came to an end, by class.
    public var classes: [String: JobClass] = [:]
    /// Failures after which the job is retried.
    public var retried = 0
    /// Jobs that died, with those of dead processes that were recovered too often.
    public var died = 0
    /// Things found in queues that were no jobs.
    public var unreadable = 0
    /// Jobs of dead processes put back into their queues.
    public var recovered = 0
    /// How often this process was taken for dead.
    public var leasesLost = 0

    /// Makes empty counts.
    public init() {}

    /// The name a class is counted under, when some names are taken.
    static func name(of jobClass: String?, among names: some Collection<String>) -> String {
        let name = jobClass ?? unknownClasses
        return names.contains(name) || names.count < mostClasses ? name : otherClasses
    }
}
