import TestSupport

/// What the scenarios about Redis have in common.
extension Lab {
    /// Two workers and a steady producer, and waits until jobs are being done.
    ///
    /// - Parameters:
    ///   - url: the workers' way to Redis; nil for the straight one.
    ///   - producerURL: the producer's.
    ///   - rate: jobs in a second.
    /// - Returns: the producer.
    /// - Throws: ``TestSupportError`` when they do not get to work.
    func startFleet(url: String? = nil, producerURL: String? = nil, rate: Double = 80) async throws -> LabProducer {
        var options = WorkerOptions()
        options.redisURL = url
        try await startWorker("w1", options)
        try await startWorker("w2", options)
        let producer = try startProducer(
            .init(
                rate: rate,
                jobs: [
                    JobMix(jobClass: "LabQuick", weight: 6),
                    JobMix(jobClass: "LabSleep", arguments: "[0.2]", weight: 3),
                    JobMix(jobClass: "LabFail", arguments: "[1]"),
                ], redisURL: producerURL))
        try await waitForProgress(30)
        return producer
    }

    /// Waits until so many more jobs are done.
    ///
    /// - Throws: ``TestSupportError`` after a minute.
    func waitForProgress(_ count: Int) async throws {
        let before = ledger.done.count
        try await eventually("\(count) more jobs are done", timeout: .seconds(60), every: .milliseconds(20)) {
            ledger.done.count >= before + count
        }
    }

    /// Watches undisturbed work: what it has to come back to; see ``expectWork(within:after:as:)``.
    func undisturbed(for length: Duration = .seconds(2)) async throws -> Range<UInt64> {
        let start = monotonicNanoseconds()
        let end = start + UInt64(length / .nanoseconds(1))
        try await eventually("there is something to compare with", timeout: .seconds(60), every: .milliseconds(20)) {
            monotonicNanoseconds() >= end
        }
        return start..<end
    }

    /// Waits until each worker that is running has begun a job after healing, and until as much is done as before; how soon
    /// that has to be is judged at the end.
    ///
    /// - Parameters:
    ///   - limit: how long after `healed` it may be.
    ///   - healed: the moment when Redis was there again.
    ///   - since: what `limit` counts from instead, if healing itself is a part of it.
    ///   - before: the undisturbed time, if there was a steady producer then and is now.
    /// - Throws: ``TestSupportError`` when a worker does not begin a job at all.
    func expectWork(
        within limit: Duration, after healed: UInt64, since: UInt64? = nil, as before: Range<UInt64> = 0..<0
    ) async throws {
        let within = UInt64(limit / .nanoseconds(1))
        let expectation = ProgressExpectation(
            before: before, healed: healed, within: within, workers: Set(running.map(\.nonce)),
            since: since)
        expect(expectation)
        try await eventually("each worker goes on", timeout: .seconds(60), every: .milliseconds(20)) {
            expectation.workers.isSubset(of: Set(ledger.runs.filter { $0.began > healed }.map(\.nonce)))
        }
        guard !before.isEmpty else { return }
        let last = healed + within + UInt64(before.count)
        try await eventually("throughput is back, or late", timeout: .seconds(120), every: .milliseconds(50)) {
            let (best, wanted) = Progress.throughput(expectation, ledger)
            return Double(best) >= wanted || monotonicNanoseconds() > last
        }
    }

    /// Has a worker go on with its work for as long as the body takes, while others are hurt.
    ///
    /// - Parameters:
    ///   - nonces: the workers, which have a steady producer.
    ///   - pause: the longest time without a job.
    ///   - body: what is done to others.
    /// - Throws: what the body throws.
    func neighbours(_ nonces: String..., pause: Duration, _ body: () async throws -> Void) async throws {
        let start = monotonicNanoseconds()
        try await body()
        for nonce in nonces {
            expect(
                NeighbourExpectation(
                    nonce: nonce, span: start..<monotonicNanoseconds(), pause: UInt64(pause / .nanoseconds(1))))
        }
    }

    /// The jobs that were acknowledged in a span of time.
    func acknowledged(from: UInt64, until: UInt64) -> [String] {
        ledger.enqueues.filter { $0.value.acknowledgedAt.map { (from...until).contains($0) } ?? false }.map(\.key)
    }
}
