/// Queues, and how many of their jobs run at a time: what Sidekiq calls a capsule.
///
/// A worker runs several pipelines side by side. They share its connections and its record of jobs in flight; a pipeline
/// that is full does not keep another from fetching.
public struct Pipeline: Sendable {
    /// The order in which a pipeline looks at its queues.
    ///
    /// Sidekiq's word for each is the same.
    public enum Mode: String, Sendable, Hashable {
        /// In the order listed: a queue has its turn when all before it are empty.
        case strict
        /// In an order drawn anew each time, a queue with weight 3 being first three times as often as one with weight 1.
        case weighted
        /// In an order drawn anew each time, all alike.
        case random
    }

    /// A queue of a pipeline.
    public struct Queue: Sendable, Hashable {
        /// The bare name, without namespace or `queue:`.
        public var name: String
        /// Its weight, from 0 to 10,000; 0 in a strict pipeline.
        public var weight: Int

        /// Makes a queue with a weight.
        public init(_ name: String, weight: Int = 0) {
            self.name = name
            self.weight = weight
        }
    }

    /// The name, shown in the Web UI as the capsule's.
    public let name: String
    /// The queues in order, each once.
    public let queues: [Queue]
    /// How many jobs run at a time.
    public let concurrency: Int
    /// How it batches jobs, if it does; see ``batching(size:timeout:by:)``.
    public internal(set) var batchRule: BatchRule?
    /// What it says of retries.
    var retryRule = RetryRule()
    /// How many of its jobs may start or run, besides.
    public internal(set) var limits: [RateLimit] = []
    /// And how many of each key by itself.
    var keyedLimits: [KeyedRateLimit] = []

    /// Makes a pipeline for queues with weights, as Sidekiq's `queues: [[critical, 3], [default, 1]]`.
    ///
    /// With all weights 0 the pipeline is strict, with all weights 1 it is random, else weighted. A queue listed again
    /// counts once. What cannot work, such as a concurrency of 0, ``validate()`` refuses.
    ///
    /// - Parameters:
    ///   - name: shown in the Web UI.
    ///   - queues: in order.
    ///   - concurrency: how many jobs run at a time; at least 1.
    public init(_ name: String, queues: [Queue], concurrency: Int) {
        var seen: Set<String> = []
        self.name = name
        self.queues = queues.filter { seen.insert($0.name).inserted }
        self.concurrency = concurrency
    }

    /// Makes a pipeline for queues with weights: `["critical": 3, "default": 1]`.
    ///
    /// - Parameters:
    ///   - name: shown in the Web UI.
    ///   - queues: names and weights, in order.
    ///   - concurrency: how many jobs run at a time; at least 1.
    public init(_ name: String, queues: KeyValuePairs<String, Int>, concurrency: Int) {
        self.init(name, queues: queues.map { Queue($0.key, weight: $0.value) }, concurrency: concurrency)
    }

    /// Makes a pipeline for one queue.
    ///
    /// - Parameters:
    ///   - name: shown in the Web UI.
    ///   - queue: its name.
    ///   - concurrency: how many jobs run at a time; at least 1.
    public init(_ name: String, queue: String, concurrency: Int) {
        self.init(name, queues: [Queue(queue)], concurrency: concurrency)
    }

    /// How its queues take turns.
    public var mode: Mode {
        if queues.allSatisfy({ $0.weight == 0 }) { return .strict }
        return queues.allSatisfy { $0.weight == 1 } ? .random : .weighted
    }
}
