import Flume
import FlumeRedis
import FlumeStore
import Logging
import NIOCore
import Synchronization

/// A fetcher with nothing to do: fetches that wait in Redis.
extension Fetcher {
    /// How long to wait for a ring when there is a queue without a waiter, or a queue is paused, or nothing at all is the
    /// matter.
    private static let unwatchedInterval = Duration.milliseconds(50)
    private static let pausedInterval = Duration.milliseconds(500)
    private static let idleInterval = Duration.seconds(5)

    /// Waits until there is reason to fetch again.
    func waitForWork(with pass: LaneGate.Pass) async {
        // A ring may have been heard while Redis was away and something else was waited for.
        while mayWait(with: pass) {
            // A queue that is paused in Redis has to be looked at now and then, and a limit to be asked before a fetch.
            let mayStand = lane.admission == nil && standing.watchesAll && paused.isEmpty
            if mayStand, !standing.isPrepared {
                // Who may not load scripts has it sent in full.
                do throws(RedisError) {
                    try await store.prepareToTake()
                } catch {
                    logger.debug("cannot load the script", metadata: [LogKeys.error: "\(error)"])
                }
                standing.isPrepared = true
            }
            let free = mayStand && lane.gate.stand(with: pass) ? lane.slots.available - standing.reserved : 0
            standing.arm(
                where: { !paused.contains($0) && !pass.closed.contains($0) }, free: free, claims: claims
            ) { [weak self] finding in
                self?.assumeIsolated { $0.take(finding) }
            }
            let interval =
                !standing.watchesAll ? Self.unwatchedInterval : paused.isEmpty ? Self.idleInterval : Self.pausedInterval
            let hasRung = await lane.pulse.rest(on: lane.bell, atMost: min(interval, untilUnpark))
            let found = await collect()
            guard !found.hasJob, !found.isFull, lane.slots.available >= standing.reserved else { return }
            // A connection that is silent must not keep the others from what there is.
            guard !standing.hasOverdue else { return }
            if standing.isEmpty {
                // Who has brought less than it might has emptied its queue: nothing is left to fetch, but to wait again.
                guard found.hasAnswer, lane.slots.available > 0 else { return }
            } else {
                guard hasRung || paused.isEmpty else { return }
            }
        }
    }

    private func mayWait(with pass: LaneGate.Pass) -> Bool {
        !isStopped.load(ordering: .acquiring) && lane.gate.isUnchanged(since: pass) && !outage.isUnderWay
    }

    /// Takes what a waiter has found, the moment it is there: a job that comes to an idle worker waits for nobody.
    private func take(_ finding: QueueWaiter.Finding) {
        defer { lane.bell.ring() }
        // What was taken back has nothing to say but that the queue may have a job.
        guard case .answer(let answer) = finding, standing.stands(answer.fetch) else {
            standing.findings.hasJob = true
            return
        }
        standing.findings.hasAnswer = true
        guard case .success(.held(let deliveries, let paused, let broken)) = answer.result,
            deliveries.isEmpty || lease.isSurelyHeld(by: answer.fetch.tenure)
        else {
            standing.findings.unsettled.append(answer)
            return
        }
        outage.end()
        note(paused, broken, deliveries)
        begin(deliveries)
        if deliveries.count == answer.fetch.request.count { standing.findings.isFull = true }
        standing.remove(answer.fetch)
    }

    /// What the waiters have found; finds out what is not certain, and starts it.
    private func collect() async -> StandingFetches.Findings {
        var found = standing.takeFindings()
        var failed: [(fetch: StandingFetch, error: RedisError)] = []
        for answer in found.unsettled where standing.withdraw(answer.fetch) {
            found.hasJob = true
            switch answer.result {
            case .success(let reply):
                begin(await accept(reply, to: answer.fetch.request, of: answer.fetch.tenure, sent: nil))
                standing.remove(answer.fetch)
            case .failure(let error) where error.code == .noScript:
                // Redis has forgotten the script, as after a failover: nothing was taken.
                standing.isPrepared = false
                standing.remove(answer.fetch)
            case .failure(let error):
                failed.append((answer.fetch, error))
            }
        }
        await findOut(about: failed)
        if standing.isEmpty { lane.gate.standDown() }
        return found
    }

    /// What fetches took that have failed, one on each waiter's connection, as when Redis goes away.
    ///
    /// All together: a pause for each would keep the worker from a Redis that is back.
    private func findOut(about failed: [(fetch: StandingFetch, error: RedisError)]) async {
        guard let error = failed.first?.error else { return }
        outage.begin(error)
        let lost = failed.filter { !$0.error.isSurelyUndone }.map(\.fetch)
        for entry in failed where entry.error.isSurelyUndone { standing.remove(entry.fetch) }
        guard !lost.isEmpty else { return await rest(atMost: outage.pause) }
        for fetches in Dictionary(grouping: lost, by: { ObjectIdentifier($0.tenure) }).values {
            await takeBack(fetches, of: fetches[0].tenure)
        }
    }

    /// Takes back the fetches that were left with Redis, and starts what they have brought meanwhile.
    func takeBack() async {
        _ = await collect()
        while let (fetches, tenure) = standing.withdrawSome() {
            await takeBack(fetches, of: tenure)
        }
        lane.gate.standDown()
    }

    private func takeBack(_ fetches: [StandingFetch], of tenure: Tenure) async {
        begin(await adopt(fetches.map(\.request), of: tenure))
        for fetch in fetches { standing.remove(fetch) }
    }

    private func begin(_ deliveries: [Delivery]) {
        guard !deliveries.isEmpty else { return }
        // Nobody has waited for Redis: it has waited for jobs.
        if events.isObserved { report(deliveries, after: .zero) }
        start(deliveries)
    }
}
