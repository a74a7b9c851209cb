import Flume
import FlumeWire

/// What is paused, here and in Redis, and what follows from it for a pipeline.
struct Pauses: Sendable, Hashable {
    typealias Scope = FlumeEvent.PauseScope

    /// The members of `flume:paused`, as last seen; `nil` before the first look.
    private(set) var pipelines: Set<String>?
    /// The members of Sidekiq's `paused`, as last seen.
    private(set) var queues: Set<String> = []
    /// What only this process pauses.
    private(set) var temporary: Set<Scope> = []

    /// Takes over what Redis says.
    mutating func learn(pipelines: Set<String>, queues: Set<String>) {
        self.pipelines = pipelines
        self.queues = queues
    }

    /// Pauses something in this process.
    ///
    /// - Returns: whether it was not paused yet.
    mutating func pause(_ scope: Scope) -> Bool { temporary.insert(scope).inserted }

    /// Ends the pauses of this process: of all pipelines when the scope says so.
    ///
    /// - Returns: what was paused.
    mutating func resume(_ scope: Scope) -> [Scope] {
        let ended = temporary.filter { scope == .all ? !$0.isQueue : $0 == scope }
        temporary.subtract(ended)
        return Array(ended)
    }

    /// Whether a pipeline may fetch.
    ///
    /// Nobody may before Redis has said what is paused: a pause outlives a restart.
    func allows(pipeline: String) -> Bool {
        guard let pipelines else { return false }
        return !pipelines.contains(pipeline) && !pipelines.contains(KeySpace.everyPipeline)
            && !temporary.contains(.all) && !temporary.contains(.pipeline(pipeline))
    }

    /// The queues nobody here may ask.
    var closedQueues: Set<String> {
        var closed = queues
        for case .queue(let name) in temporary { closed.insert(name) }
        return closed
    }

    /// What is paused for every process.
    var permanent: Set<Scope> {
        Set(queues.map { .queue($0) }).union(
            (pipelines ?? []).map { $0 == KeySpace.everyPipeline ? .all : .pipeline($0) })
    }

    /// What only this process pauses, as others are told of it.
    var record: PauseRecord {
        var record = PauseRecord(all: temporary.contains(.all))
        for case .pipeline(let name) in temporary { record.pipelines.append(name) }
        for case .queue(let name) in temporary { record.queues.append(name) }
        record.pipelines.sort()
        record.queues.sort()
        return record
    }

    /// What would keep a scope paused if this process ended its own pause of it.
    func obstacle(to scope: Scope, in own: [String]) -> (scope: Scope, isPermanent: Bool)? {
        switch scope {
        case .queue:
            return permanent.contains(scope) ? (scope, true) : nil
        case .pipeline:
            for wider in [Scope.all, scope] where permanent.contains(wider) { return (wider, true) }
            return temporary.contains(.all) ? (.all, false) : nil
        case .all:
            if permanent.contains(.all) { return (.all, true) }
            return own.lazy.map(Scope.pipeline).first(where: permanent.contains).map { ($0, true) }
        }
    }
}

extension FlumeEvent.PauseScope {
    fileprivate var isQueue: Bool {
        if case .queue = self { true } else { false }
    }

    /// In a sentence: pipeline "ses".
    var words: String {
        switch self {
        case .pipeline(let name): "pipeline \"\(name)\""
        case .queue(let name): "queue \"\(name)\""
        case .all: "every pipeline"
        }
    }
}
