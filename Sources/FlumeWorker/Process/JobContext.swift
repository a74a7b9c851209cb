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

    /// A logger with the job's jid, class, queue and tags in its metadata, as Sidekiq's job logger has them.
    ///
    /// A payload's `log_level` (`set(log_level: "debug")` in Ruby; Swift's names are known too) sets its level.
    public var logger: Logger {
        var logger = environment.logger
        logger.logLevel = logLevel
        let tags = payload.tags
        if !tags.isEmpty { logger[metadataKey: LogKeys.tags] = .array(tags.map { "\(LogText.name($0))" }) }
        logger[metadataKey: LogKeys.jid] = "\(LogText.name(jid))"
        logger[metadataKey: LogKeys.jobClass] = "\(LogText.name(jobClass))"
        logger[metadataKey: LogKeys.queue] = "\(queue)"
        return logger
    }

    /// From which level on this job is logged.
    var logLevel: Logger.Level {
        payload.logLevel.flatMap(Logger.Level.init(ofPayload:)) ?? environment.logger.logLevel
    }
}

extension Logger.Level {
    /// Reads `log_level`; as in Sidekiq, a level that there is not changes nothing.
    fileprivate init?(ofPayload name: String) {
        switch name {
        case "warn": self = .warning
        case "fatal": self = .critical
        default: self.init(rawValue: name)
        }
    }
}
