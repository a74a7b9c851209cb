/// Whose metrics keys are written: the Web UI shows those of its own version only.
///
/// The paddings differ on purpose; they are Sidekiq's.
public enum MetricsLayout: Sendable, Hashable, CaseIterable {
    /// Sidekiq 7: one hash per minute, nothing of the time padded; histogram day and hour padded.
    case sidekiq7
    /// Sidekiq 8: one hash per minute with the minute padded, one per ten minutes; nothing of the histogram padded.
    case sidekiq8

    /// How long the keys of a minute live.
    package static let minuteLifetime = 8 * 3600
    /// How long the keys of ten minutes live.
    package static let tenMinutesLifetime = 3 * 86_400
    /// How long deployment marks live.
    package static let marksLifetime = 90 * 86_400

    /// The hashes with counts per class that a flush adds to.
    func counters(at time: CivilTime) -> [(key: String, lifetime: Int)] {
        switch self {
        case .sidekiq7:
            return [("j|\(time.compactDate)|\(time.hour):\(time.minute)", Self.minuteLifetime)]
        case .sidekiq8:
            let date = String(time.compactDate.dropFirst(2))
            return [
                ("j|\(date)|\(time.hour):\(time.minute / 10)", Self.tenMinutesLifetime),
                ("j|\(date)|\(time.hour):\(CivilTime.pad(time.minute))", Self.minuteLifetime),
            ]
        }
    }

    /// The bitfield with the run times of a class.
    func histogram(of jobClass: String, at time: CivilTime) -> String {
        switch self {
        case .sidekiq7: "\(jobClass)-\(CivilTime.pad(time.day))-\(CivilTime.pad(time.hour)):\(time.minute)"
        case .sidekiq8: "h|\(jobClass)-\(time.day)-\(time.hour):\(time.minute)"
        }
    }

    /// The hash field that counts the jobs of a class; `|` in a name would break the reader and becomes `_`.
    package static func processedField(_ jobClass: String) -> String { fieldName(jobClass) + "|p" }
    /// The hash field that counts the failures of a class.
    package static func failedField(_ jobClass: String) -> String { fieldName(jobClass) + "|f" }
    /// The hash field that sums the milliseconds of the successful runs of a class.
    package static func millisecondsField(_ jobClass: String) -> String { fieldName(jobClass) + "|ms" }

    private static func fieldName(_ jobClass: String) -> String {
        String(jobClass.map { $0 == "|" ? "_" : $0 })
    }
}
