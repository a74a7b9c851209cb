public import Flume
import FlumeWire

/// Why a worker did not do what it was told.
///
/// Nothing was changed then.
public enum ControlError: Error, Sendable, Hashable {
    /// The worker does not run: it was not started, or has ended.
    case notRunning
    /// The worker was told to take no more jobs, so it takes no new queue either.
    case stopping
    /// The worker has no pipeline of this name; it has those in `known`.
    case unknownPipeline(String, known: [String])
    /// No pipeline of the worker reads this queue; they read those in `known`.
    case unknownQueue(String, known: [String])
    /// A pipeline or queue without a name.
    case emptyName
    /// A name that Exq or Sidekiq's super_fetch has for jobs in flight.
    case reservedQueue(String)
    /// A number of jobs below 1.
    case concurrency(Int)
    /// The queue is one of several of a pipeline, which share its concurrency.
    case sharedQueue(String, pipeline: String)
    /// No job of this jid runs here.
    case noSuchJob(String)
    /// The job of this jid runs in a batch, whose task it shares with others.
    case inBatch(String)
    /// Something else keeps it paused: `by`, in this process or, permanently, in every one.
    case stillPaused(FlumeEvent.PauseScope, by: FlumeEvent.PauseScope, isPermanent: Bool)
}

extension ControlError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .notRunning: "the worker does not run"
        case .stopping: "the worker takes no more jobs"
        case .unknownPipeline(let name, let known):
            "there is no pipeline \"\(name)\" here; there is \(Self.list(known))"
        case .unknownQueue(let name, let known):
            "no pipeline here reads the queue \"\(name)\"; they read \(Self.list(known))"
        case .emptyName: "a pipeline or queue needs a name"
        case .reservedQueue(let name):
            "the queue \(name) is where \(KeySpace.owner(ofQueue: name.utf8) ?? "others keep jobs"): choose another name"
        case .concurrency(let number): "a concurrency of \(number) makes no sense: choose 1 or more"
        case .sharedQueue(let queue, let pipeline):
            "the queue \"\(queue)\" is one of several of pipeline \"\(pipeline)\" and has no concurrency of its own: "
                + "unsubscribe from it first"
        case .noSuchJob(let jid): "no job with the jid \(jid) runs here"
        case .inBatch(let jid): "the job \(jid) runs in a batch and cannot be cancelled without the others"
        case .stillPaused(let scope, let obstacle, let isPermanent):
            "\(scope.words) stays paused, because \(scope == obstacle ? "it" : obstacle.words) is paused "
                + (isPermanent ? "in every process: resume it permanently" : "in this process: resume that first")
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
