import FlumeStore
import FlumeWire

/// What was counted for one class, under the lock of the ``Statistics`` it belongs to.
///
/// A class and no dictionary of dictionaries: it is written to for every job.
final class ClassTally {
    /// What health checks see; rare classes share one.
    final class Shown {
        private var endings = [Int](repeating: 0, count: Statistics.Ending.allCases.count)
        private var durations = DurationHistogram()

        func record(_ elapsed: Duration, _ ending: Statistics.Ending) {
            endings[ending.rawValue] += 1
            durations.record(elapsed)
        }

        var counts: JobCounts.JobClass {
            var counts = JobCounts.JobClass()
            counts.durations = durations
            for ending in Statistics.Ending.allCases where endings[ending.rawValue] > 0 {
                counts.endings[ending.name] = endings[ending.rawValue]
            }
            return counts
        }
    }

    private let shown: Shown
    /// Since it was last taken.
    private var delta = StatisticsDelta.JobClass()

    init(_ shown: Shown) {
        self.shown = shown
    }

    func record(_ elapsed: Duration, _ ending: Statistics.Ending) {
        shown.record(elapsed, ending)
        delta.processed += 1
        if ending.isFailure { delta.failed += 1 }
        guard ending == .done else { return }
        let milliseconds = elapsed.wholeMilliseconds
        delta.milliseconds += milliseconds
        delta.histogram.record(milliseconds: milliseconds)
    }

    /// Takes what was counted since the last time; `nil` for nothing.
    func take() -> StatisticsDelta.JobClass? {
        guard delta.processed > 0 else { return nil }
        defer { delta = .init() }
        return delta
    }

    /// Puts back what was taken.
    func restore(_ other: StatisticsDelta.JobClass) {
        delta.processed += other.processed
        delta.failed += other.failed
        delta.milliseconds += other.milliseconds
        delta.histogram.merge(other.histogram)
    }
}
