/// What is in Redis at one moment, as far as the invariants are about it.
struct RedisSnapshot: Sendable {
    /// Where a job can be.
    enum Place: Sendable, Hashable, CustomStringConvertible {
        case queue(String)
        case retry
        case schedule
        case dead
        case inflight(String)
        case parked(String)

        var description: String {
            switch self {
            case .queue(let name): "queue \(name)"
            case .retry: "retry"
            case .schedule: "schedule"
            case .dead: "dead"
            case .inflight(let identity): "flight in \(identity)"
            case .parked(let name): "parking at \(name)"
            }
        }
    }

    /// A payload and where it is.
    struct Job: Sendable, Hashable {
        /// Nil if it cannot be read.
        var jid: String?
        var payload: String
        var place: Place
    }

    var jobs: [Job] = []
    /// Members of `flume:processes`.
    var registered: Set<String> = []
    /// How many jobs are in each in-flight record.
    var inflightCounts: [String: Int] = [:]
    /// `<identity>:<sequence>` of each job in flight, as slots name them.
    var inflightFields: Set<String> = []
    /// Identities whose lease is neither a tombstone nor ends by itself.
    var leasesWithoutEnd: Set<String> = []
    /// `<identity>:<sequence>` of each slot of a concurrency limit that is taken.
    var slots: Set<String> = []
    /// Locks of unique jobs: token → jid.
    var locks: [String: String] = [:]
    var processed = 0
    var failed = 0
    /// Runs of all classes in the keys behind the Web UI's page of metrics.
    var metricsProcessed = 0

    /// The number of the process in an identity `host:pid:nonce`.
    static func processID(of identity: String) -> Int32? {
        let parts = identity.split(separator: ":")
        return parts.count >= 3 ? Int32(parts[parts.count - 2]) : nil
    }
}
