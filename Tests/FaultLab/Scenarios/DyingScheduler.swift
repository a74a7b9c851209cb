import TestSupport

/// F19: a poller is killed in the middle of a promotion; another is stopped in the middle of one and comes back when the
/// rest of its work is done.
struct DyingScheduler: Scenario {
    let number = "F19"
    let name = "death and sleep in mid-promotion"

    func run(in lab: Lab) async throws {
        let wave = lab.form == .short ? 600 : 3000
        let first = try await lab.startWorker("first", .init(concurrency: 20))
        try await promote(wave, lab) {
            await lab.kill(first)
            try await lab.startWorker("second", .init(concurrency: 20))
            try await lab.drain()
        }
        let third = try await lab.startWorker("third", .init(concurrency: 20))
        try await promote(wave, lab) {
            try await lab.suspend(third) {
                try await lab.drain(within: .seconds(60))
                let start = ContinuousClock.now
                try await Task.sleep(until: start + .seconds(lab.form == .short ? lab.lease : 60))
            }
        }
        // Awake again, it promotes and works as before.
        try await lab.produce(50)
        try await lab.drain()
        lab.expect(
            lab.ledger.done.count == 2 * wave + 50, "\(lab.ledger.done.count) jobs are done, not \(2 * wave + 50)")
    }

    /// Schedules jobs for one moment, and calls the body as soon as some have left the schedule.
    private func promote(_ count: Int, _ lab: Lab, _ body: () async throws -> Void) async throws {
        let due = try await lab.probe.now() + (lab.form == .short ? 2.5 : 8)
        var options = ProducerOptions(count: count, rate: 5000)
        options.at = due
        try await lab.startProducer(options).end()
        lab.expect(try await lab.probe.number("ZCARD", "schedule") == count, "the jobs were due before all were there")
        try await eventually("promotion begins", timeout: .seconds(30), every: .microseconds(100)) {
            try await lab.probe.number("ZCARD", "schedule") < count
        }
        try await body()
    }
}
