/// Why a process did not do what it was told.
public enum InspectorError: Error, Sendable, Hashable {
    /// No process of this identity lives; those in `running` do.
    case noSuchProcess(String, running: [String])
    /// It did not answer in time; the command was taken back.
    case noAnswer(String)
    /// It says why it does not.
    case refused(String, reason: String)
    /// A pipeline or queue without a name.
    case emptyName
    /// A number of jobs below 1.
    case concurrency(Int)
}

extension InspectorError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        switch self {
        case .noSuchProcess(let identity, let running):
            "no process \"\(identity)\" runs; "
                + (running.isEmpty ? "none does" : "there is \(running.joined(separator: ", "))")
        case .noAnswer(let identity): "process \(identity) does not answer; nothing was changed that we know of"
        case .refused(let identity, let reason): "process \(identity) refuses: \(reason)"
        case .emptyName: "a pipeline or queue needs a name"
        case .concurrency(let number): "a concurrency of \(number) makes no sense: choose 1 or more"
        }
    }
}
