import FlumeWire

/// Whether a periodic job is told the time it was meant for, as a further argument behind its own.
///
/// That is the time of the tick, not that of the run: a job that runs late still knows which hour it is to count.
public enum TickArgument: String, Sendable, Hashable {
    /// It is not told.
    case none
    /// Seconds since 1970 as a number, as sidekiq-cron has it: `date_as_argument`.
    case seconds
    /// An object `{"scheduled_at": 1795253697.0}`, as exq_scheduler and sidekiq-scheduler have it: `include_metadata`.
    case object

    /// The argument for a time.
    func value(for time: Timestamp) -> JSONValue? {
        guard let seconds = JSONValue.double(time.seconds) else { return nil }
        switch self {
        case .none: return nil
        case .seconds: return seconds
        case .object: return .object(["scheduled_at": seconds])
        }
    }
}
