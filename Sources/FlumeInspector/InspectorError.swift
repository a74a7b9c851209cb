/// Why a process did not do what it was told.
public enum InspectorError: Error, Sendable, Hashable {
    /// No process of this identity lives; those in `running` do.
    case noSuchProcess(String, running: [String])
    /// It did not answer in time; the command was taken back, unless it was being carried out just then.
    case noAnswer(String)
    /// It says why it does not.
    case refused(String, reason: String)
    /// A pipeline or queue without a name.
    case emptyName
    /// A number of jobs below 1.
    case concurrency(Int)
    /// No job of this jid runs.
    case noSuchJob(String)
    /// The job of this jid runs in a process that cannot cancel jobs.
    case cannotCancel(String, process: String)
    /// The process is part of an application, and ignores signals.
    case embedded(String)
    /// A node of Exq lives, so the jobs it has in flight are its own.
    case nodeLives(String)
}

extension InspectorError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .noSuchProcess(let identity, let running):
            "no process \"\(identity)\" runs; "
                + (running.isEmpty ? "none does" : "there is \(running.joined(separator: ", "))")
        case .noAnswer(let identity):
            "process \(identity) does not answer; the command was taken back, unless it was being carried out just then"
        case .refused(let identity, let reason): "process \(identity) refuses: \(reason)"
        case .emptyName: "a pipeline or queue needs a name"
        case .concurrency(let number): "a concurrency of \(number) makes no sense: choose 1 or more"
        case .noSuchJob(let jid): "no job with the jid \(jid) runs"
        case .cannotCancel(let jid, let process):
            "process \(process), which runs the job \(jid), cannot cancel jobs: it is no Flume and no Exq"
        case .embedded(let identity): "process \(identity) is embedded in an application and ignores signals"
        case .nodeLives(let node):
            "the node \(node) of Exq has shown itself within the last minute; its jobs are its own"
        }
    }
}
