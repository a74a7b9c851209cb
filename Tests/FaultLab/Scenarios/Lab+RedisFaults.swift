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

    /// Waits until a job begins that could not have before, and judges when that was.
    ///
    /// - Parameters:
    ///   - limit: how long after `healed` it may be.
    ///   - healed: the moment when Redis was there again.
    /// - Throws: ``TestSupportError`` when none begins at all.
    func expectWork(within limit: Duration, after healed: UInt64) async throws {
        func first() -> UInt64? { ledger.runs.map(\.began).filter { $0 > healed }.min() }
        try await eventually("work goes on", timeout: .seconds(60), every: .milliseconds(20)) { first() != nil }
        let pause = Duration.nanoseconds(Int64((first() ?? healed) - healed))
        expect(pause <= limit, "work went on \(pause.formatted) after Redis was back, \(limit.formatted) are allowed")
    }

    /// The jobs that were acknowledged in a span of time.
    func acknowledged(from: UInt64, until: UInt64) -> [String] {
        ledger.enqueues.filter { $0.value.acknowledgedAt.map { (from...until).contains($0) } ?? false }.map(\.key)
    }
}
