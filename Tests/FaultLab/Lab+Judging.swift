import Synchronization
import TestSupport

/// What has to hold at the end, and the verdict.
extension Lab {
    /// Adds a condition beside the invariants.
    func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds { state.withLock { [what = what()] in $0.failures.append(what) } }
    }

    /// Adds what a scenario has judged by itself, such as one of many runs on databases of their own.
    func add(_ part: ScenarioReport, _ name: String) {
        var part = part
        part.problems = part.problems.map { "\(name): \($0)" }
        state.withLock { [part] in $0.parts.append(part) }
    }

    /// Says how long recovery may take; in the long form 30 s, the bound that is promised for a lease of 10 s.
    func expectRecovery(within limit: Duration) { state.withLock { $0.recoveryLimit = limit } }

    /// Says how long it took until a worker said that Redis was silent.
    func note(notice: Duration) { state.withLock { $0.notice = max($0.notice ?? .zero, notice) } }

    /// Says what throughput has to come back to.
    func expect(_ progress: ProgressExpectation) { state.withLock { $0.progress.append(progress) } }

    /// Says whose work has to go on.
    func expect(_ neighbour: NeighbourExpectation) { state.withLock { $0.neighbours.append(neighbour) } }

    /// Says that nothing here is a reason to lose a lease; whoever keeps it does nothing twice.
    func expectNothingTwiceUnderLease() { state.withLock { $0.keepsLeases = true } }

    /// Says that a payload is in Redis that no producer wrote down.
    func admitForeign(_ payload: String) { state.withLock { _ = $0.foreign.insert(payload) } }

    /// Says that jobs may fail without having run, such as those of an unknown class.
    func admitFailure(of jids: some Sequence<String>) { state.withLock { $0.mayFailUnrun.formUnion(jids) } }

    /// Says that Redis may have forgotten jobs, because that is what its settings promise; they are counted all the same.
    func admitLoss(of jids: some Sequence<String>) { state.withLock { $0.mayBeLost.formUnion(jids) } }

    /// Says that the counts by class have to be right too.
    func expectMetrics() { state.withLock { $0.judgesMetrics = true } }

    /// Says that others than the lab's workers count too.
    func ignoreCounters() { state.withLock { $0.judgesCounters = false } }

    /// Stops everything and judges.
    ///
    /// - Throws: what reading Redis throws.
    func judge() async throws -> ScenarioReport {
        let (workers, producers) = state.withLock { ($0.workers, $0.producers) }
        for producer in producers where producer.child.isRunning { try await producer.stop() }
        let running = workers.filter { $0.child.isRunning }
        await withTaskGroup { group in
            for worker in running { group.addTask { _ = await worker.stop() } }
        }
        let redis = try await RedisSnapshot(reading: probe)
        let lost = workers.filter(\.hasLostLease).map(\.nonce)
        let isStrict = state.withLock { $0.keepsLeases || $0.faults.contains(where: \.keepsLeases) }
        if isStrict, !lost.isEmpty {
            // A machine may be too busy for a lease of 2 s: then its loss explains what came twice.
            print("\(lost) lost their leases, and nothing here is a reason to")
            expect(form == .short, "\(lost) lost their leases, and nothing here is a reason to")
        }
        let evidence = state.withLock { state in
            if !lost.isEmpty { for index in state.faults.indices { state.faults[index].keepsLeases = false } }
            return Evidence(
                ledger: Ledger(files: state.ledgers), redis: redis, faults: state.faults,
                counterTolerance: state.foreign.count,
                judgesCounters: state.judgesCounters, judgesMetrics: state.judgesMetrics, foreign: state.foreign,
                mayFailUnrun: state.mayFailUnrun,
                mayBeLost: state.mayBeLost,
                keepsLeases: state.keepsLeases && lost.isEmpty, progress: state.progress, neighbours: state.neighbours)
        }
        let (failures, limit, parts) = state.withLock { ($0.failures, $0.recoveryLimit, $0.parts) }
        guard parts.isEmpty else { return ScenarioReport(of: parts, failures: failures) }
        var report = ScenarioReport(
            evidence: evidence, failures: failures, recoveryLimit: limit, runtime: runtime)
        report.recovery.notice = state.withLock(\.notice)
        return report
    }
}
