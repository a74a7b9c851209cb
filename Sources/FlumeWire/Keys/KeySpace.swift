/// The name of every key in Redis: Sidekiq's own, and Flume's private ones.
///
/// A namespace is put in front with a colon and nothing else, as redis-namespace and Exq do; it is empty by default. Only
/// keys are prefixed: members of sets, `queue` inside payloads, identities stay bare. A hash-tagged namespace such as
/// `{app}` puts the whole system on one slot of a cluster.
package struct KeySpace: Sendable, Hashable {
    /// The namespace, empty for none.
    package let namespace: String
    private let prefix: String

    /// Whether Redis Cluster has all keys of the namespace on one node: it has something in braces.
    package var isHashTagged: Bool {
        guard let open = namespace.firstIndex(of: "{"), let close = namespace[open...].firstIndex(of: "}") else {
            return false
        }
        return namespace.index(after: open) < close
    }

    /// Makes the keys of a namespace; the empty one has no prefix.
    package init(namespace: String = "") {
        self.namespace = namespace
        self.prefix = namespace.isEmpty ? "" : namespace + ":"
    }

    /// Any key that this type has no name for.
    package func key(_ name: String) -> String {
        prefix + name
    }

    // MARK: Queues and sets

    /// Set of bare queue names.
    package var queues: String { prefix + "queues" }
    /// List of a queue's payloads: LPUSH to add, oldest at the tail.
    package func queue(_ name: String) -> String { prefix + "queue:" + name }
    /// What stands before the queue's name in the key of its list.
    package var queuePrefix: String { prefix + "queue:" }
    /// Sorted set of payloads by the time they are due, float seconds.
    package var schedule: String { prefix + "schedule" }
    /// Sorted set of failed payloads by the time of the next attempt, float seconds.
    package var retry: String { prefix + "retry" }
    /// Sorted set of dead payloads (or raw broken strings) by the time of death, float seconds.
    package var dead: String { prefix + "dead" }
    /// Set of the names of paused queues (Sidekiq Pro; read by Sidekiq 8.1.1+).
    package var paused: String { prefix + "paused" }

    // MARK: Processes

    /// Set of the identities of live processes.
    package var processes: String { prefix + "processes" }
    /// Hash of a process: `info`, `busy`, `beat`, `quiet`, `rss`, `rtt_us`, `concurrency`; 60 s to live.
    package func process(_ identity: String) -> String { prefix + identity }
    /// Hash of running jobs, Sidekiq 6.4.2 and later.
    package func work(_ identity: String) -> String { prefix + identity + ":work" }
    /// Hash of running jobs, up to Sidekiq 6.4.1, and Exq's.
    package func legacyWork(_ identity: String) -> String { prefix + identity + ":workers" }
    /// List of signals for a process: LPUSH by the UI, RPOP by the process.
    package func signals(_ identity: String) -> String { prefix + identity + "-signals" }
    /// Lock taken with SET NX EX 60 before pruning ``processes``.
    package var processCleanup: String { prefix + "process_cleanup" }
    /// The leader of Sidekiq Enterprise; never written here.
    package var leader: String { prefix + "dear-leader" }

    // MARK: Iterable jobs, profiles, locks

    /// Hash with the state of an iterable job.
    package func iteration(_ jid: String) -> String { prefix + "it-" + jid }
    /// Sorted set of profiles (Sidekiq 8).
    package var profiles: String { prefix + "profiles" }
    /// Lock of a unique job (Enterprise by digest, Exq by token): a string that holds the jid.
    package func unique(_ token: String) -> String { prefix + "unique:" + token }
}
