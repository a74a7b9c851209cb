import Flume
import FlumeStore
import FlumeWire

/// What observers are told of a job.
///
/// Names are read from the payload only when somebody observes.
extension Processor {
    func reportStart(_ context: JobContext, in lane: Lane) {
        events.emit(.started(reference(context, lane)))
    }

    func reportDone(_ context: JobContext, _ elapsed: Duration, in lane: Lane) {
        events.emit(.finished(reference(context, lane), elapsed: elapsed))
    }

    func reportStuck(_ context: JobContext, after elapsed: Duration, in lane: Lane) {
        events.emit(.stuck(reference(context, lane), elapsed: elapsed))
    }

    func reportInterrupted(_ context: JobContext, in lane: Lane) {
        events.emit(.interrupted(reference(context, lane)))
    }

    /// What was in a queue and is no job.
    func reportUnreadable(_ delivery: Delivery, _ error: PayloadError, in lane: Lane) {
        let (queue, pipeline) = (delivery.queue, lane.pipeline.name)
        events.emit(.died(.init(jid: "", jobClass: "", queue: queue, pipeline: pipeline), error: "\(error)"))
    }

    /// Where a job goes that is not simply done.
    func report(
        _ ruling: FailureRule.Ruling, _ outcome: Outcome, _ context: JobContext, _ elapsed: Duration, in lane: Lane
    ) {
        guard events.isObserved else { return }
        let job = reference(context, lane)
        switch (ruling.destination, outcome) {
        case (.schedule(let seconds, _), _):
            events.emit(.snoozed(job, delay: .seconds(seconds)))
        case (.back, _):
            events.emit(.snoozed(job, delay: .zero))
        case (_, .discarded(let reason)):
            events.emit(.discarded(job, reason: reason))
        case (.retry(let seconds, _), _):
            events.emit(.failed(job, error: message(of: outcome), elapsed: elapsed, retryIn: .seconds(seconds)))
        default:
            events.emit(.failed(job, error: message(of: outcome), elapsed: elapsed, retryIn: nil))
        }
        if let death = ruling.death { events.emit(.died(job, error: failures.argumentLogging.text(of: death.error))) }
    }

    private func reference(_ context: JobContext, _ lane: Lane) -> FlumeEvent.JobReference {
        FlumeEvent.JobReference(
            jid: context.jid, jobClass: context.jobClass, queue: context.queue, pipeline: lane.pipeline.name)
    }
}

extension Processor {
    /// What went wrong, in words.
    private func message(of outcome: Outcome) -> String {
        switch outcome {
        case .failed(let error): failures.argumentLogging.text(of: error)
        case .unknownClass(let error): failures.argumentLogging.text(of: error)
        case .killed(let reason): reason
        case .retry: "the handler asked for a retry"
        case .cancelled: "\(JobCancelledError())"
        case .done, .snoozed, .replaced, .discarded, .handedOver: ""
        }
    }
}
