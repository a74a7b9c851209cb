import Flume
import FlumeStore
import FlumeWire
import FlumeWorker
import Synchronization

/// The way of a job from its queue to where it goes next.
extension TestStore {
    /// How far a drain may move the clock.
    enum Horizon: Sendable {
        case scope(DrainScope)
        case moment(Timestamp)
    }

    /// Runs jobs until there is none left that may run.
    func drain(to horizon: Horizon, limit: Int) async throws(DrainError) -> DrainReport {
        var runs: [JobRun] = []
        while let job = takeNext(horizon) {
            guard runs.count < limit else {
                state.withLock { $0.waiting.insert(job, at: 0) }
                throw DrainError(reason: .limit(limit), report: DrainReport(runs: runs))
            }
            let run = await run(job)
            runs.append(run)
            if run.ending == .interrupted { break }
        }
        let report = DrainReport(runs: runs)
        guard report.deaths.isEmpty else { throw DrainError(reason: .deaths, report: report) }
        return report
    }

    /// Takes the next job out of its queue, if need be after moving the clock on until there is one.
    func takeNext(_ horizon: Horizon) -> EnqueuedJob? {
        let runner = runner()
        return state.withLock { state in
            promoteDue(&state, runner)
            if state.waiting.isEmpty, let moment = nextMoment(state, horizon) {
                clock.advance(to: moment)
                promoteDue(&state, runner)
            }
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
    }

    private func nextMoment(_ state: State, _ horizon: Horizon) -> Timestamp? {
        let (retry, scheduled) = (state.retries.first?.at, state.scheduled.first?.at)
        switch horizon {
        case .scope(.due): return nil
        case .scope(.retries): return retry
        case .scope(.everything): return [retry, scheduled].compactMap(\.self).min()
        case .moment(let last): return [retry, scheduled].compactMap(\.self).min().flatMap { $0 <= last ? $0 : nil }
        }
    }

    /// Moves what is due to its queue, in the order it was due.
    private func promoteDue(_ state: inout State, _ runner: JobRunner) {
        let now = clock.now
        func takeDue(_ set: inout [EnqueuedJob]) -> [EnqueuedJob] {
            let end = set.firstIndex { ($0.at ?? now) > now } ?? set.endIndex
            defer { set.removeFirst(end) }
            return Array(set.prefix(end))
        }
        let due = takeDue(&state.retries) + takeDue(&state.scheduled)
        for job in due.sorted(by: { $0.isDue(before: $1) }) {
            state.waiting.append(place(runner.promoted(job.payload.bytes), instead: job))
        }
    }

    /// Runs a job that was taken, and puts it where it goes.
    func run(_ job: EnqueuedJob) async -> JobRun {
        let report = await runner().run(job.payload.bytes, from: job.queue, in: pipeline(of: job.queue))
        let run = makeRun(of: job, report)
        state.withLock { state in
            state.runs.append(run)
            switch report.destination {
            case .done, .recover: break
            case .retry(let seconds, let payload):
                state.insert(retry: place(payload, instead: job, after: seconds))
            case .schedule(let seconds, let payload):
                state.insert(place(payload, instead: job, after: seconds))
            case .dead(let payload): state.dead.append(place(payload, instead: job))
            case .front: state.waiting.insert(job, at: 0)
            case .back(let queue, let payload): state.waiting.append(place(payload, instead: job, queue: queue))
            }
        }
        return run
    }

    /// What a run has come to.
    func makeRun(of job: EnqueuedJob, _ report: JobRunner.Report) -> JobRun {
        let bytes: [UInt8]? =
            switch report.destination {
            case .done, .recover: nil
            case .retry(_, let payload), .schedule(_, let payload), .dead(let payload), .front(_, let payload),
                .back(_, let payload):
                payload
            }
        return JobRun(
            payload: job.payload, queue: job.queue, ranAt: clock.now, ending: JobEnding(report), error: report.error,
            written: bytes.flatMap { try? JobPayload(parsing: $0) }, storage: report.storage)
    }

    private func place(
        _ bytes: [UInt8], instead job: EnqueuedJob, after seconds: Double? = nil, queue: String? = nil
    ) -> EnqueuedJob {
        let payload = (try? JobPayload(parsing: bytes)) ?? job.payload
        let now = clock.now
        let due = seconds.map {
            now.advanced(by: .seconds(min(max($0, -Timestamp.greatestSpan), Timestamp.greatestSpan)))
        }
        return EnqueuedJob(payload: payload, queue: queue ?? payload.queue ?? job.queue, at: due, enqueuedAt: now)
    }
}
