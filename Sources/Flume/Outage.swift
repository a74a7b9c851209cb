package import FlumeRedis
package import Logging

/// A loop's trouble with Redis: says so once when it begins and once when it ends, and how long to wait in between.
package struct Outage {
    private static let shortestPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)

    private let purpose: String
    private let logger: Logger
    private let events: EventBus
    private var failures = 0

    /// `purpose` is what cannot be done, as in "fetch jobs".
    package init(_ purpose: String, logger: Logger, events: EventBus) {
        self.purpose = purpose
        self.logger = logger
        self.events = events
    }

    /// How long to wait before the next attempt: doubles each time, with jitter, so that a fleet does not come back as one.
    package var pause: Duration {
        let exponent = min(max(failures - 1, 0), 10)
        let full = min(Self.shortestPause * (1 << exponent), Self.longestPause)
        return full * Double.random(in: 0.5...1)
    }

    /// Whether the last attempt failed.
    package var isUnderWay: Bool { failures > 0 }

    /// An attempt failed.
    package mutating func begin(_ error: RedisError) {
        failures += 1
        guard failures == 1 else { return }
        logger.warning(
            "Redis does not answer as it should; no job is charged for it, trying again",
            metadata: ["flume.purpose": "\(purpose)", "flume.error": "\(error)"])
        events.emit(.connectionLost(what: purpose, error: "\(error)"))
    }

    /// An attempt succeeded.
    package mutating func end() {
        guard failures > 0 else { return }
        failures = 0
        logger.notice("Redis answers again", metadata: ["flume.purpose": "\(purpose)"])
        events.emit(.connectionRestored(what: purpose))
    }
}
