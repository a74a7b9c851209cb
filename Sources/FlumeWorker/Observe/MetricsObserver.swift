public import CoreMetrics
public import Flume
import Metrics
import Synchronization

/// Reports events to swift-metrics.
///
/// ```swift
/// configuration.events.attach(MetricsObserver())
/// ```
///
/// The counter of ended jobs, the timer of their run time and the gauge of running jobs are the worker's own and need no
/// observer. No dimension comes out of a payload, except for a producer's own queue names: who can write to a queue must
/// not be able to fill the metrics backend.
public final class MetricsObserver: EventObserver {
    /// A metric and its dimensions.
    private struct Label: Hashable {
        var name: String
        var dimensions: [String]
    }

    /// Metrics made so far: making one asks the backend's registry.
    private struct Meters {
        var counters: [Label: Counter] = [:]
        var recorders: [Label: Recorder] = [:]
        var timers: [Label: Metrics.Timer] = [:]
        var gauges: [Label: Gauge] = [:]
        /// What each pipeline waits for, so that the end of it is reported under the same label.
        var waits: [String: String] = [:]
    }

    private let factory: any MetricsFactory
    private let meters = Mutex(Meters())

    /// Makes an observer.
    ///
    /// - Parameter factory: the backend; by default the one the application has set up.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
    }

    /// Counts an event.
    public func observe(_ event: FlumeEvent) {
        switch event {
        case .enqueued(let queue, let count, let bytes):
            add(MetricNames.enqueued, ["queue": queue], by: count)
            record(MetricNames.enqueueBytes, ["queue": queue], bytes)
        case .scheduled(let queue, let count, let bytes):
            add(MetricNames.scheduled, ["queue": queue], by: count)
            record(MetricNames.enqueueBytes, ["queue": queue], bytes)
        case .fetched(let pipeline, let count, let bytes, let latency):
            add(MetricNames.fetched, ["pipeline": pipeline], by: count)
            record(MetricNames.fetchSize, ["pipeline": pipeline], count)
            record(MetricNames.fetchBytes, ["pipeline": pipeline], bytes)
            time(MetricNames.fetchLatency, ["pipeline": pipeline], latency)
        case .admitted(let pipeline, let limit, let count):
            add(MetricNames.admitted, ["pipeline": pipeline, "limit": limit], by: count)
        case .limited(let pipeline, let limit, let wait):
            add(MetricNames.limited, ["pipeline": pipeline, "limit": limit])
            time(MetricNames.limitWait, ["pipeline": pipeline, "limit": limit], wait)
        case .batchFlushed(let pipeline, _, let size, let reason):
            record(MetricNames.batchSize, ["pipeline": pipeline, "reason": reason.rawValue], size)
        case .failed(let job, _, _, .some):
            add(MetricNames.retried, ["queue": job.queue, "pipeline": job.pipeline])
        case .stuck(let job, _):
            add(MetricNames.stuck, ["queue": job.queue, "pipeline": job.pipeline])
        case .died(let job, _):
            let pipeline = job.pipeline.isEmpty ? "none" : job.pipeline
            add(MetricNames.died, ["queue": job.queue, "pipeline": pipeline])
        case .recovered(_, let count):
            add(MetricNames.recovered, [:], by: count)
        case .leaseLost:
            add(MetricNames.leasesLost, [:])
        case .backPressure(let pipeline, let cause):
            beginWait(pipeline, cause.name)
        case .backPressureEnded(let pipeline, _, _):
            endWait(pipeline)
        case .paused(let scope, _):
            set(MetricNames.paused, ["scope": scope.kind, "name": scope.name], 1)
        case .resumed(let scope, _):
            set(MetricNames.paused, ["scope": scope.kind, "name": scope.name], 0)
        case .connectionLost(let part, _):
            set(MetricNames.connected, ["part": part], 0)
        case .connectionRestored(let part):
            set(MetricNames.connected, ["part": part], 1)
        default:
            break
        }
    }

    private func beginWait(_ pipeline: String, _ cause: String) {
        let former = meters.withLock { meters in
            defer { meters.waits[pipeline] = cause }
            return meters.waits[pipeline]
        }
        if let former, former != cause { set(MetricNames.backPressure, ["pipeline": pipeline, "for": former], 0) }
        set(MetricNames.backPressure, ["pipeline": pipeline, "for": cause], 1)
    }

    private func endWait(_ pipeline: String) {
        guard let cause = meters.withLock({ $0.waits.removeValue(forKey: pipeline) }) else { return }
        set(MetricNames.backPressure, ["pipeline": pipeline, "for": cause], 0)
    }

    private func add(_ name: String, _ dimensions: KeyValuePairs<String, String>, by amount: Int = 1) {
        meter(\.counters, name, dimensions) { Counter(label: name, dimensions: $0, factory: factory) }
            .increment(by: amount)
    }

    private func record(_ name: String, _ dimensions: KeyValuePairs<String, String>, _ value: Int) {
        meter(\.recorders, name, dimensions) { Recorder(label: name, dimensions: $0, factory: factory) }.record(value)
    }

    private func time(_ name: String, _ dimensions: KeyValuePairs<String, String>, _ value: Duration) {
        meter(\.timers, name, dimensions) { Metrics.Timer(label: name, dimensions: $0, factory: factory) }
            .record(duration: value)
    }

    private func set(_ name: String, _ dimensions: KeyValuePairs<String, String>, _ value: Int) {
        meter(\.gauges, name, dimensions) { Gauge(label: name, dimensions: $0, factory: factory) }.record(value)
    }

    private func meter<Meter: Sendable>(
        _ kind: WritableKeyPath<Meters, [Label: Meter]>, _ name: String,
        _ dimensions: KeyValuePairs<String, String>, make: ([(String, String)]) -> Meter
    ) -> Meter {
        let label = Label(name: name, dimensions: dimensions.map { $0.value })
        return meters.withLock { meters in
            if let known = meters[keyPath: kind][label] { return known }
            let new = make(dimensions.map { ($0.key, $0.value) })
            meters[keyPath: kind][label] = new
            return new
        }
    }
}

extension FlumeEvent.BackPressure {
    /// The kind, without a limit's name.
    fileprivate var name: String {
        switch self {
        case .handlers: "handlers"
        case .batches: "batches"
        case .limit: "limit"
        }
    }
}

extension FlumeEvent.PauseScope {
    fileprivate var kind: String {
        switch self {
        case .pipeline: "pipeline"
        case .queue: "queue"
        case .all: "all"
        }
    }

    fileprivate var name: String {
        switch self {
        case .pipeline(let name), .queue(let name): name
        case .all: ""
        }
    }
}
