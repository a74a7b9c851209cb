import Flume
import FlumeStore
import FlumeWire
import Logging

/// Where a job goes that did not simply end well: Sidekiq's retry logic, in the words of its 8.1.
struct FailureRule: Sendable {
    /// What is to become of a job.
    struct Ruling {
        var destination: Destination
        /// Set when the job has died: what death hooks get.
        var death: (payload: JobPayload, error: any Error)?
        /// Whether the class is asked before it dies; see ``ExhaustedHook``.
        var asksHandler = false
        var summary: String
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]
    }

    /// The limit where `retry` is `true`: Sidekiq's `max_retries`.
    var maximumRetries = 25
    /// How time stamps are written that have no fellow in the payload.
    var timestampUnit: Timestamp.Unit = .floatSeconds
    var clock: WallClock
    /// Called for every death, after those of the handler.
    var deathHooks: [DeathHook] = []
    /// Draws Sidekiq's jitter for a `retry_count`, in seconds.
    var jitter: @Sendable (_ retryCount: Int) -> Int = { count in
        var generator = SystemRandomNumberGenerator()
        return RetryFormula.jitter(count, using: &generator)
    }
    /// Whether Exq may be the one that moves a job from `schedule` to its queue.
    var sharesWithExq = false
    /// What log lines say of errors and arguments.
    var argumentLogging = ArgumentLogging.never

    /// The one place that decides.
    func ruling(
        on outcome: Outcome, payload: JobPayload, queue: String, handler: Handler?, unknownClass: UnknownClassPolicy,
        pipeline: RetryRule = RetryRule()
    ) -> Ruling {
        switch outcome {
        case .done:
            return Ruling(destination: .done, summary: "job done", logLevel: .info)
        case .failed(let error):
            return failure(error, payload, queue, handler, pipeline, delay: nil)
        case .retry(let delay):
            return failure(RequestedRetry(), payload, queue, handler, pipeline, delay: delay)
        case .snoozed(let delay):
            return snooze(delay, payload, queue)
        case .replaced(let other, let delay, let reason):
            return replace(with: other, delay, reason, queue)
        case .discarded(let reason):
            return Ruling(
                destination: .done, summary: "job discarded by its handler", logLevel: .notice,
                metadata: [LogKeys.reason: "\(reason)"])
        case .killed(let reason):
            let error = KilledByHandler(description: reason)
            return death(of: failed(payload, error, queue, handler), error, "job killed by its handler")
        case .cancelled:
            let error = JobCancelledError()
            return death(of: failed(payload, error, queue, handler), error, "job was cancelled")
        case .unknownClass(let error):
            return ruling(onUnknown: error, payload, queue, pipeline, unknownClass)
        case .handedOver(let other):
            return Ruling(
                destination: .back(queue: other, payload: handedOver(payload, to: other).bytes),
                summary: "job of an unknown class handed over", logLevel: .notice,
                metadata: [LogKeys.destination: "\(other)"])
        }
    }

    private func ruling(
        onUnknown error: UnknownClassError, _ payload: JobPayload, _ queue: String, _ pipeline: RetryRule,
        _ policy: UnknownClassPolicy
    ) -> Ruling {
        // Sidekiq would drop a job that is not to be retried; nobody has looked at this one.
        if policy == .dead || payload.retry == .none {
            return death(of: failed(payload, error, queue, nil), error, "job of an unknown class goes to the dead set")
        }
        return failure(error, payload, queue, nil, pipeline, delay: nil)
    }

    private func handedOver(_ payload: JobPayload, to queue: String) -> JobPayload {
        var payload = payload.repairingUTF8()
        payload.set("queue", to: .string(queue))
        payload.set(
            "enqueued_at", to: clock.now, unit: sharesWithExq ? .floatSeconds : payload.timestampUnit ?? timestampUnit)
        payload.countHandOver()
        return payload
    }

    /// Sidekiq's `process_retry`, step by step as `retry_for`, count, back-off and jitter decide.
    private func failure(
        _ error: any Error, _ payload: JobPayload, _ queue: String, _ handler: Handler?, _ pipeline: RetryRule,
        delay: Duration?
    ) -> Ruling {
        let setting = payload.retry == .absent ? handler?.retry ?? .default : payload.retry
        if setting == .none {
            var ruling = death(of: payload, error, "job failed and is not to be retried")
            (ruling.destination, ruling.asksHandler) = (.done, false)
            return ruling
        }
        let failed = failed(payload, error, queue, handler)
        let count = failed.retryCount ?? 0
        if isExhausted(failed, count, setting, pipeline.maximumRetries ?? maximumRetries) {
            return death(of: failed, error, "job failed and has used up its retries")
        }
        // What a handler asks for it gets, at once included.
        let backOff = handler?.backOff ?? pipeline.backOff
        switch delay.map(BackOff.Decision.exactly) ?? backOff?.decide(count, error, payload) ?? .standard {
        case .kill:
            return death(of: failed, error, "job failed and its back-off says to kill it")
        case .discard:
            var ruling = death(of: failed, error, "job failed and its back-off says to discard it")
            (ruling.destination, ruling.asksHandler) = (.done, false)
            return ruling
        case .exactly(let chosen):
            return retry(failed, error, max(0, chosen.seconds), count)
        case .after(let chosen) where chosen > .zero:
            return retry(failed, error, chosen.seconds + Double(jitter(count)), count)
        case .standard, .after:
            return retry(failed, error, Double(RetryFormula.delay(count) + jitter(count)), count)
        }
    }

    /// With `retry_for` only the time counts, otherwise only the number.
    private func isExhausted(_ failed: JobPayload, _ count: Int, _ setting: RetrySetting, _ maximum: Int) -> Bool {
        if let seconds = failed.retryFor {
            guard let first = failed.failedAt else { return false }
            return first.seconds + Double(seconds) < clock.now.seconds
        }
        if case .limit(let limit) = setting { return count >= limit }
        return count >= maximum
    }

    private func retry(_ failed: JobPayload, _ error: any Error, _ seconds: Double, _ count: Int) -> Ruling {
        Ruling(
            destination: .retry(seconds: seconds, payload: failed.bytes), summary: "job failed and is retried later",
            logLevel: .warning,
            metadata: [
                LogKeys.error: "\(argumentLogging.text(of: error))", LogKeys.retryCount: "\(count)",
                LogKeys.delay: "\(seconds)",
            ])
    }

    private func death(of payload: JobPayload, _ error: any Error, _ summary: String) -> Ruling {
        Ruling(
            destination: payload.dead ? .dead(payload: payload.bytes) : .done, death: (payload, error),
            asksHandler: true, summary: summary, logLevel: .error,
            metadata: [LogKeys.error: "\(argumentLogging.text(of: error))"])
    }

    /// The payload with the failure written into it.
    func failed(
        _ payload: JobPayload, _ error: any Error, _ queue: String, _ handler: Handler?
    ) -> JobPayload {
        // A node of Exq may move it to its queue as it is, and reads no milliseconds in any of its times.
        let payload = sharesWithExq ? readableByExq(payload) : payload
        return FailureFields(
            message: "\(error)", errorClass: "\(type(of: error))",
            backtrace: (error as? any BacktraceProviding)?.backtrace ?? [], failedAt: clock.now, fetchedFrom: queue,
            classRetry: handler?.retry ?? .default,
            unit: sharesWithExq ? .floatSeconds : timestampUnit, keepsUnit: !sharesWithExq
        ).applied(to: payload.repairingUTF8())
    }

    private func replace(with other: JobPayload, _ delay: Duration, _ reason: String, _ queue: String) -> Ruling {
        let bytes = other.repairingUTF8().bytes
        return Ruling(
            destination: delay > .zero
                ? .schedule(seconds: delay.seconds, payload: bytes)
                : .back(queue: other.queue ?? queue, payload: bytes),
            summary: "job enqueued anew in place of this one", logLevel: .warning,
            metadata: [LogKeys.reason: "\(reason)", LogKeys.delay: "\(max(0, delay.seconds))"])
    }

    private func snooze(_ delay: Duration, _ payload: JobPayload, _ queue: String) -> Ruling {
        let snoozed = waiting(payload, for: queue)
        return Ruling(
            destination: .schedule(seconds: max(0, delay.seconds), payload: snoozed.bytes), summary: "job snoozed",
            logLevel: .info, metadata: [LogKeys.delay: "\(delay.seconds)"])
    }
}

extension FailureRule {
    /// The payload as it waits in `schedule` for the queue it came from.
    ///
    /// Whoever promotes it goes by what it says about its queue. Sidekiq and Flume write `enqueued_at` then; Exq does not.
    func waiting(_ payload: JobPayload, for queue: String) -> JobPayload {
        var waiting = payload.repairingUTF8()
        if sharesWithExq {
            waiting = readableByExq(waiting)
        } else {
            waiting.remove("enqueued_at")
        }
        if waiting.queue != queue { waiting.set("queue", to: .string(queue)) }
        return waiting
    }

    /// The payload with an `enqueued_at` in seconds, without which Exq's telemetry fails and the job is in flight for
    /// ever.
    private func readableByExq(_ payload: JobPayload) -> JobPayload {
        let written = payload.enqueuedAt
        guard written == nil || written?.unit == .milliseconds else { return payload }
        var payload = payload
        payload.set("enqueued_at", to: written ?? clock.now, unit: .floatSeconds)
        return payload
    }
}

/// Stands in `error_class` of a job whose handler asked for a retry.
private struct RequestedRetry: Error, CustomStringConvertible {
    var description: String { "the handler asked for a retry" }
}

/// Stands in `error_class` of a job that its handler killed.
private struct KilledByHandler: Error, CustomStringConvertible {
    var description: String
}
