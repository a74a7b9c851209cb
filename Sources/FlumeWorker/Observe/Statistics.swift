import FlumeStore
import FlumeWire
import Metrics
import Synchronization

/// Counts what happens to jobs, in memory.
///
/// The heartbeat takes the counts to Redis, so that counting costs a job no trip.
final class Statistics: Sendable {
    /// How an attempt ended, for counting.
    enum Ending: String {
        case done, failed, snoozed, discarded, killed

        /// Whether Sidekiq would count it as failed.
        var isFailure: Bool { self == .failed || self == .killed }
    }

    private struct Label: Hashable {
        let jobClass: String
        let queue: String
    }

    /// The application's own metrics for one class and queue, made once: making one asks its backend's registry.
    private struct Meters {
        let duration: Metrics.Timer
        var endings: [Ending: Counter] = [:]
    }

    private struct State {
        var delta = StatisticsDelta()
        var meters: [Label: Meters] = [:]
        var counts = JobCounts()
    }

    private let state = Mutex(State())
    private let reportsMetrics: Bool

    /// - Parameter reportsMetrics: whether swift-metrics gets them too.
    init(reportsMetrics: Bool) {
        // Without a backend every report would be built for nobody.
        self.reportsMetrics = reportsMetrics && !(MetricsSystem.factory is NOOPMetricsHandler)
    }

    /// An attempt has come to an end.
    ///
    /// `jobClass` is `nil` when it has no handler. Such classes are counted together: their names come from whoever can
    /// write to the queue, and must not fill anybody's memory.
    func record(jobClass: String?, queue: String, elapsed: Duration, ending: Ending) {
        let milliseconds = Int(elapsed / .milliseconds(1))
        state.withLock { state in
            state.delta.processed += 1
            if ending.isFailure { state.delta.failed += 1 }
            state.counts.record(jobClass, ending.rawValue, elapsed)
            if let jobClass { state.delta.classes[jobClass, default: .init()].record(milliseconds, ending) }
        }
        if reportsMetrics { meter(Label(jobClass: jobClass ?? "unknown", queue: queue), elapsed, ending) }
    }

    /// Something was no job at all.
    ///
    /// Sidekiq does not count those; the application's metrics do.
    func recordUnreadable() {
        state.withLock { state in
            state.counts.unreadable += 1
            state.counts.died += 1
        }
        if reportsMetrics { Counter(label: MetricNames.unreadable).increment() }
    }

    /// It was decided where a job goes that failed, and it is there.
    func record(_ ruling: FailureRule.Ruling) {
        state.withLock { state in
            if case .retry = ruling.destination { state.counts.retried += 1 }
            if ruling.death != nil { state.counts.died += 1 }
        }
    }

    /// Everything since the start.
    var counts: JobCounts { state.withLock { $0.counts } }

    /// Takes what was counted so far.
    func take() -> StatisticsDelta {
        state.withLock { state in
            defer { state.delta = StatisticsDelta() }
            return state.delta
        }
    }

    /// Puts back what could not be written.
    func restore(_ delta: StatisticsDelta) {
        state.withLock { $0.delta.merge(delta) }
    }

    private func meter(_ label: Label, _ elapsed: Duration, _ ending: Ending) {
        let (duration, counter) = state.withLock { state -> (Metrics.Timer, Counter) in
            let dimensions = [("class", label.jobClass), ("queue", label.queue)]
            var meters =
                state.meters[label]
                ?? Meters(duration: Metrics.Timer(label: MetricNames.duration, dimensions: dimensions))
            let counter =
                meters.endings[ending]
                ?? Counter(label: MetricNames.processed, dimensions: dimensions + [("ending", ending.rawValue)])
            meters.endings[ending] = counter
            state.meters[label] = meters
            return (meters.duration, counter)
        }
        duration.record(duration: elapsed)
        counter.increment()
    }
}

extension StatisticsDelta {
    fileprivate mutating func merge(_ other: StatisticsDelta) {
        processed += other.processed
        failed += other.failed
        classes.merge(other.classes) { mine, theirs in
            var sum = mine
            sum.processed += theirs.processed
            sum.failed += theirs.failed
            sum.milliseconds += theirs.milliseconds
            sum.histogram.merge(theirs.histogram)
            return sum
        }
    }
}

extension StatisticsDelta.JobClass {
    fileprivate mutating func record(_ milliseconds: Int, _ ending: Statistics.Ending) {
        processed += 1
        if ending.isFailure { failed += 1 }
        guard ending == .done else { return }
        self.milliseconds += milliseconds
        histogram.record(milliseconds: milliseconds)
    }
}
