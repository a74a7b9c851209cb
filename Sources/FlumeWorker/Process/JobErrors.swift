/// A job ran longer than its handler's timeout and was cancelled.
public struct JobTimeoutError: Error, Sendable, CustomStringConvertible {
    /// The timeout.
    public let timeout: Duration

    /// What the Web UI shows.
    public var description: String { "the job was cancelled because it ran longer than its timeout of \(timeout)" }
}

/// A job was cancelled while it ran, or before it began to.
public struct JobCancelledError: Error, Sendable, CustomStringConvertible {
    /// What the Web UI shows.
    public var description: String { "the job was cancelled" }
}

/// A job's class has no handler in this worker.
public struct UnknownClassError: Error, Sendable, CustomStringConvertible {
    /// The class.
    public let jobClass: String

    /// What the Web UI shows.
    public var description: String {
        "no handler is registered for \(jobClass); add one to the worker's HandlerRegistry or let a process that has it read this queue"
    }
}

/// An error that knows where it came from.
///
/// Swift's errors carry no stack, so `error_backtrace` is what this says.
public protocol BacktraceProviding: Error {
    /// One line for each frame, innermost first.
    var backtrace: [String] { get }
}

/// A job was in flight in processes that died, so often that it may be what killed them.
public struct WorkerDiedError: Error, Sendable, CustomStringConvertible {
    /// The last of them.
    public let identity: String
    /// How many.
    public let times: Int

    /// What the Web UI shows.
    public var description: String {
        "the worker process died \(times) times while running this job, the last time as \(identity); a Swift trap cannot be caught, look for its crash log"
    }
}
