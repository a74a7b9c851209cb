import FlumeStore
import FlumeWire
import Metrics
import Synchronization

/// Counts what happens to jobs, in memory.
///
/// The heartbeat takes the counts to Redis, so that counting costs a job no trip.
final class Statistics: Sendable {
    /// How an attempt ended, for counting.
    enum Ending: Int, CaseIterable {
        case done, failed, snoozed, discarded, killed

        /// Whether Sidekiq would count it as failed.
        var isFailure: Bool { self == .failed || self == .killed }

        /// As metrics have it.
        var name: String {
            switch self {
            case .done: "done"
            case .failed: "failed"
            case .snoozed: "snoozed"
            case .discarded: "discarded"
            case .killed: "killed"
            }
        }
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
        /// By class, `nil` for those without a handler: one look-up for each attempt.
        var tallies: [String?: ClassTally] = [:]
        /// What health checks see, by the name they see it under.
        var shown: [String: ClassTally.Shown] = [:]
        var processed = 0
        var failed = 0
        var meters: [Label: Meters] = [:]
        /// All but the classes.
        var counts = JobCounts()

        mutating func tally(of jobClass: String?) -> ClassTally {
            if let tally = tallies[jobClass] { return tally }
            let name = JobCounts.name(of: jobClass, among: shown.keys)
            let shown = self.shown[name, default: .init()]
            self.shown[name] = shown
            let tally = ClassTally(shown)
            tallies[jobClass] = tally
            return tally
        }
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
        state.withLock { state in
            state.processed += 1
            if ending.isFailure { state.failed += 1 }
            state.tally(of: jobClass).record(elapsed, ending)
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
    var counts: JobCounts {
        state.withLock { state in
            var counts = state.counts
            counts.classes = state.shown.mapValues(\.counts)
            return counts
        }
    }

    /// Takes what was counted so far.
    func take() -> StatisticsDelta {
        state.withLock { state in
            var delta = StatisticsDelta()
            (delta.processed, delta.failed) = (state.processed, state.failed)
            (state.processed, state.failed) = (0, 0)
            for (jobClass, tally) in state.tallies {
                guard let jobClass, let counted = tally.take() else { continue }
                delta.classes[jobClass] = counted
            }
            return delta
        }
    }

    /// Puts back what could not be written.
    func restore(_ delta: StatisticsDelta) {
        state.withLock { state in
            state.processed += delta.processed
            state.failed += delta.failed
            for (jobClass, counted) in delta.classes { state.tally(of: jobClass).restore(counted) }
        }
    }

    private func meter(_ label: Label, _ elapsed: Duration, _ ending: Ending) {
        let (duration, counter) = state.withLock { state -> (Metrics.Timer, Counter) in
            let dimensions = [("class", label.jobClass), ("queue", label.queue)]
            var meters =
                state.meters[label]
                ?? Meters(duration: Metrics.Timer(label: MetricNames.duration, dimensions: dimensions))
            let counter =
                meters.endings[ending]
                ?? Counter(label: MetricNames.processed, dimensions: dimensions + [("ending", ending.name)])
            meters.endings[ending] = counter
            state.meters[label] = meters
            return (meters.duration, counter)
        }
        duration.record(duration: elapsed)
        counter.increment()
    }
}
