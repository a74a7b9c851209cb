public import FlumeWire

/// How a pipeline collects jobs that are handed to a batch handler together.
///
/// Jobs of one class make up a batch; with ``key``, jobs of one class and one key. A batch is handed over when it has
/// ``size`` jobs, or when ``timeout`` has passed since its first job was fetched, whichever comes first.
public struct BatchRule: Sendable {
    /// Tells which jobs of a class belong together, from the payload: its arguments, for example.
    public typealias Key = @Sendable (_ payload: JobPayload) throws -> String

    /// How many jobs a batch has at most; independent of the pipeline's concurrency.
    public var size: Int
    /// How long the first job of a batch waits for others.
    public var timeout: Duration
    /// Which jobs of a class belong together; all of them if `nil`.
    ///
    /// It is called for jobs that have a batch handler. What it throws fails that job, which is retried as usual.
    public var key: Key?

    /// Makes a rule.
    ///
    /// - Parameters:
    ///   - size: how many jobs a batch has at most.
    ///   - timeout: how long the first job of a batch waits for others.
    ///   - key: which jobs of a class belong together; all of them if `nil`.
    public init(size: Int, timeout: Duration, key: Key? = nil) {
        self.size = size
        self.timeout = timeout
        self.key = key
    }

    /// How many jobs a pipeline may hold: as many batches as run at a time, and one batch's worth that is collected.
    func room(concurrency: Int) -> Int {
        let (room, overflows) = max(1, size).multipliedReportingOverflow(by: concurrency &+ 1)
        return overflows ? .max : room
    }

    /// What is wrong with it, in plain words.
    var problem: String? {
        if size < 1 { return "the batch size is \(size); it must be 1 or more" }
        if timeout <= .zero { return "the batch timeout is \(timeout); it must be longer than 0" }
        return nil
    }
}
