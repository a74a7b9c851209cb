public import Flume
public import Logging

/// Writes events to a log.
///
/// ```swift
/// configuration.events.attach(LogObserver(logger: logger))
/// ```
///
/// The worker itself logs how jobs start and end, recoveries, and trouble with Redis. This observer leaves those out and
/// adds the rest, unless it is told otherwise.
public struct LogObserver: EventObserver {
    /// The level to log an event with; `nil` for not at all.
    public typealias Level = @Sendable (FlumeEvent) -> Logger.Level?

    private let logger: Logger
    private let level: Level

    /// Makes an observer.
    ///
    /// - Parameters:
    ///   - logger: where the lines go; its metadata is kept on each.
    ///   - level: the level of each event.
    public init(logger: Logger, level: @escaping Level = LogObserver.standardLevel) {
        self.logger = logger
        self.level = level
    }

    /// Every event that the worker does not log itself: waits as warnings, pauses as notices, traffic as debug.
    public static func standardLevel(of event: FlumeEvent) -> Logger.Level? {
        switch event {
        case .started, .finished, .failed, .snoozed, .discarded, .stuck, .interrupted, .died, .recovered,
            .leaseLost, .connectionLost, .connectionRestored:
            nil
        case .enqueued, .scheduled, .fetched, .admitted, .batchFlushed: .debug
        case .limited: .info
        case .backPressure: .warning
        case .backPressureEnded, .paused, .resumed, .subscribed, .unsubscribed: .notice
        }
    }

    /// Writes a line.
    public func observe(_ event: FlumeEvent) {
        guard let level = level(event), logger.logLevel <= level else { return }
        let line = EventLine(event)
        logger.log(level: level, "\(line.message)", metadata: line.metadata)
    }
}
