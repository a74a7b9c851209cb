public import Flume
public import FlumeWire
public import Logging

/// What a handler and a middleware know about the job at hand, besides its arguments.
public struct JobContext: Sendable {
    /// The job as the producer wrote it.
    ///
    /// Changes to a copy do not reach Redis: a retry is written from the original. A middleware hands a changed copy to the
    /// handler with ``replacingPayload(with:)``.
    public internal(set) var payload: JobPayload
    /// The queue it was taken from; Sidekiq's `queue`, except that the list counts and not what the payload says.
    public let queue: String
    /// The name the handler was found by: `wrapped`, else `class`.
    public let jobClass: String
    /// What is the same for all jobs of a worker: one reference to hand on.
    final class Environment: Sendable {
        let jobs: JobClient
        let logger: Logger

        init(jobs: JobClient, logger: Logger) {
            self.jobs = jobs
            self.logger = logger
        }
    }

    let environment: Environment

    /// What the middleware and the handler of this attempt share.
    ///
    /// A retry starts with an empty one.
    public let storage = JobStorage()

    /// To enqueue further jobs, on the worker's Redis.
    public var jobs: JobClient { environment.jobs }

    /// Sidekiq's `jid`; empty when the producer wrote none.
    public var jid: String { payload.jid ?? "" }

    /// Which run of the job this is: 1 the first time, 2 on its first retry.
    ///
    /// Sidekiq's `retry_count` is two less from the first retry on: it is absent before the first failure, then 0.
    public var attempt: Int {
        guard let count = payload.retryCount else { return 1 }
        return max(1, count < Int.max - 2 ? count + 2 : Int.max)
    }

    /// A logger with the job's jid, class and queue in its metadata.
    public var logger: Logger {
        var logger = environment.logger
        logger[metadataKey: LogKeys.jid] = "\(LogText.name(jid))"
        logger[metadataKey: LogKeys.jobClass] = "\(LogText.name(jobClass))"
        logger[metadataKey: LogKeys.queue] = "\(queue)"
        return logger
    }
}
