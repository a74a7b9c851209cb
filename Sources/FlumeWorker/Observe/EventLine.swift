import Flume
import Logging

/// An event in the words of a log: a constant message, and the rest as metadata.
struct EventLine {
    let message: String
    let metadata: Logger.Metadata

    private init(_ message: String, _ metadata: Logger.Metadata) {
        self.message = message
        self.metadata = metadata
    }

    private init(_ message: String, _ job: FlumeEvent.JobReference, _ more: Logger.Metadata = [:]) {
        let metadata: Logger.Metadata = [
            LogKeys.jid: "\(LogText.name(job.jid))", LogKeys.jobClass: "\(LogText.name(job.jobClass))",
            LogKeys.queue: "\(job.queue)",
            LogKeys.pipeline: "\(job.pipeline)",
        ]
        self.init(message, metadata.merging(more) { $1 })
    }

    init(_ event: FlumeEvent) {
        switch event {
        case .enqueued(let queue, let count, let bytes):
            self.init("jobs enqueued", Self.traffic(count, bytes, [LogKeys.queue: "\(queue)"]))
        case .scheduled(let queue, let count, let bytes):
            self.init("jobs scheduled", Self.traffic(count, bytes, [LogKeys.queue: "\(queue)"]))
        case .fetched(let pipeline, let count, let bytes, let latency):
            let more: Logger.Metadata = [
                LogKeys.pipeline: "\(pipeline)", LogKeys.latency: "\(latency.milliseconds)",
            ]
            self.init("jobs fetched", Self.traffic(count, bytes, more))
        case .admitted(let pipeline, let limit, let count):
            self.init(
                "limit let jobs pass",
                [LogKeys.pipeline: "\(pipeline)", LogKeys.limit: "\(limit)", LogKeys.count: "\(count)"])
        case .limited(let pipeline, let limit, let wait):
            self.init(
                "limit is reached",
                [LogKeys.pipeline: "\(pipeline)", LogKeys.limit: "\(limit)", LogKeys.delay: "\(wait.seconds)"])
        case .batchFlushed(let pipeline, let jobClass, let size, let reason):
            self.init(
                "batch handed over",
                [
                    LogKeys.pipeline: "\(pipeline)", LogKeys.jobClass: "\(jobClass)", LogKeys.count: "\(size)",
                    LogKeys.reason: "\(reason.rawValue)",
                ])
        case .started(let job):
            self.init("job started", job)
        case .finished(let job, let elapsed):
            self.init("job done", job, [LogKeys.elapsed: "\(elapsed.milliseconds)"])
        case .failed(let job, let error, let elapsed, let delay):
            var more: Logger.Metadata = [LogKeys.error: "\(error)", LogKeys.elapsed: "\(elapsed.milliseconds)"]
            if let delay { more[LogKeys.delay] = "\(delay.seconds)" }
            self.init("job failed", job, more)
        case .snoozed(let job, let delay):
            self.init("job snoozed", job, [LogKeys.delay: "\(delay.seconds)"])
        case .discarded(let job, let reason):
            self.init("job discarded", job, [LogKeys.reason: "\(reason)"])
        case .stuck(let job, let elapsed):
            self.init("job is stuck", job, [LogKeys.elapsed: "\(elapsed.milliseconds)"])
        case .interrupted(let job):
            self.init("job interrupted", job)
        case .died(let job, let error):
            self.init("job died", job, [LogKeys.error: "\(error)"])
        default:
            self.init(ofProcess: event)
        }
    }

    /// Events that are not about jobs.
    private init(ofProcess event: FlumeEvent) {
        switch event {
        case .recovered(let identity, let count):
            self.init("jobs recovered", [LogKeys.identity: "\(identity)", LogKeys.count: "\(count)"])
        case .leaseLost(let identity):
            self.init("lease lost", [LogKeys.identity: "\(identity)"])
        case .backPressure(let pipeline, let cause):
            self.init("pipeline waits", [LogKeys.pipeline: "\(pipeline)", LogKeys.reason: "\(cause)"])
        case .backPressureEnded(let pipeline, let cause, let duration):
            self.init(
                "pipeline goes on",
                [
                    LogKeys.pipeline: "\(pipeline)", LogKeys.reason: "\(cause)",
                    LogKeys.elapsed: "\(duration.milliseconds)",
                ])
        case .paused(let scope, let isPermanent):
            self.init("paused", Self.pause(scope, isPermanent))
        case .resumed(let scope, let isPermanent):
            self.init("resumed", Self.pause(scope, isPermanent))
        case .subscribed(let queue, let concurrency):
            self.init("queue subscribed", [LogKeys.queue: "\(queue)", LogKeys.count: "\(concurrency)"])
        case .unsubscribed(let queue):
            self.init("queue unsubscribed", [LogKeys.queue: "\(queue)"])
        case .connectionLost(let part, let error):
            self.init("connection lost", [LogKeys.purpose: "\(part)", LogKeys.error: "\(error)"])
        case .connectionRestored(let part):
            self.init("connection restored", [LogKeys.purpose: "\(part)"])
        default:
            self.init("something happened", [LogKeys.reason: "\(event)"])
        }
    }

    private static func traffic(_ count: Int, _ bytes: Int, _ more: Logger.Metadata) -> Logger.Metadata {
        more.merging([LogKeys.count: "\(count)", LogKeys.bytes: "\(bytes)"]) { $1 }
    }

    private static func pause(_ scope: FlumeEvent.PauseScope, _ isPermanent: Bool) -> Logger.Metadata {
        var metadata: Logger.Metadata = [LogKeys.isPermanent: "\(isPermanent)"]
        switch scope {
        case .pipeline(let name): metadata[LogKeys.pipeline] = "\(name)"
        case .queue(let name): metadata[LogKeys.queue] = "\(name)"
        case .all: break
        }
        return metadata
    }
}
