import ArgumentParser
import CoreMetrics
import Flume
import FlumeWorker
import FlumeWorkerTracing
import Synchronization

/// Something a worker does besides, whose cost is of interest.
enum Extra: String, ExpressibleByArgument, CaseIterable {
    /// A limit on starts that is never reached.
    case limiter
    /// Batches of up to 100 jobs in one call of the handler.
    case batch
    /// Each job holds a lock, released with its end.
    case unique
    /// Counters and timers for a backend, all events observed.
    case metrics
    /// A span around each job, of a tracer that keeps none.
    case tracing

    /// The pipeline with the extra.
    func change(_ pipeline: Pipeline) -> Pipeline {
        switch self {
        case .limiter: pipeline.rateLimit(1_000_000_000, per: .seconds(60))
        case .batch: pipeline.batching(size: 100, timeout: .milliseconds(100))
        case .unique, .metrics, .tracing: pipeline
        }
    }

    /// Sets it in the configuration.
    ///
    /// - Parameter configuration: a worker's.
    /// - Returns: the middleware it takes.
    func set(_ configuration: inout WorkerConfiguration) -> [any ServerMiddleware] {
        switch self {
        case .tracing: return [TracingServerMiddleware()]
        case .metrics:
            MetricsSystem.bootstrap(CountingMetrics())
            configuration.events.attach(MetricsObserver())
        case .limiter, .batch, .unique: break
        }
        return []
    }
}

/// A backend of swift-metrics that adds up and tells nobody.
private struct CountingMetrics: MetricsFactory {
    private final class Meter: CounterHandler, RecorderHandler, TimerHandler {
        private let sum = Atomic<Int64>(0)
        func increment(by amount: Int64) { sum.wrappingAdd(amount, ordering: .relaxed) }
        func reset() { sum.store(0, ordering: .relaxed) }
        func record(_ value: Int64) { sum.wrappingAdd(value, ordering: .relaxed) }
        func record(_ value: Double) { sum.wrappingAdd(Int64(value), ordering: .relaxed) }
        func recordNanoseconds(_ duration: Int64) { sum.wrappingAdd(duration, ordering: .relaxed) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { Meter() }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { Meter() }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { Meter() }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
