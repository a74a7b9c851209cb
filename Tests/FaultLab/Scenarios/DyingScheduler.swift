import TestSupport

/// F19: a poller is killed in the middle of a promotion; another is stopped in the middle of one and comes back when the
/// rest of its work is done by somebody else.
///
/// That one keeps the time of periodic jobs as well, and slept through some ticks: none of them runs twice.
///
/// Both are alone when their wave falls due, so that it is they who promote it; and both reach Redis through a slow network:
/// between two of a promotion's commands there is time to hit them.
struct DyingScheduler: Scenario {
    let number = "F19"
    let name = "death and sleep in mid-promotion"

    private static let delay = Duration.milliseconds(40)
    private static let becomeDue = """
        local now = redis.call('TIME')[1]
        for _, job in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now, job) end
        """

    func run(in lab: Lab) async throws {
        let wave = lab.form == .short ? 1500 : 6000
        let (first, itsNetwork) = try await startSlowly("first", lab)
        try await promote(wave, through: itsNetwork, lab) {
            await lab.kill(first)
            try await expectMiddle(of: wave, lab)
            try await lab.startWorker("second", .init(concurrency: 20))
            try await lab.drain()
        }
        // Who is alone cannot leave the wave to anybody else.
        for worker in lab.running { await lab.stop(worker) }
        let (third, network) = try await startSlowly("third", lab, keepsTime: true)
        try await promote(wave, through: network, lab) {
            try await lab.suspend(third) {
                try await expectMiddle(of: wave, lab)
                let frozen = monotonicNanoseconds()
                try await lab.startWorker("fourth", .init(concurrency: 20, more: ["--cron"]))
                try await lab.drain(within: .seconds(60))
                let identity = third.identity ?? ""
                try await eventually("the third is taken for dead", timeout: .seconds(lab.lease * 3 + 20)) {
                    try await !lab.probe.set("flume:processes").contains(identity)
                }
                try await lab.wait("ticks have run that the third slept through", within: .seconds(20)) { ledger in
                    Ticks(in: ledger, where: { $0.began > frozen }).jids.count > 2
                }
            }
        }
        // Awake again, it ends the command it had under way, and works and promotes as before.
        let producer = try lab.startProducer(.init(rate: 60))
        try await lab.expectWork(within: .seconds(10), after: monotonicNanoseconds())
        let woken = monotonicNanoseconds()
        try await lab.wait("ticks run while both keep the time", within: .seconds(20)) { ledger in
            Ticks(in: ledger, where: { $0.began > woken }).jids.count > 2
        }
        try await producer.stop()
        try await lab.drain()
        let wrong = Ticks(in: lab.ledger).problems()
        lab.expect(wrong.isEmpty, "\(wrong.count) ticks went wrong: \(wrong.prefix(3))")
        lab.expect(
            lab.ledger.runs.contains { $0.nonce == "third" && $0.fence > 0 },
            "the third was not taken for dead: no test")
        let missing = lab.ledger.acknowledged.subtracting(lab.ledger.done).count
        lab.expect(missing == 0, "\(missing) jobs are not done")
    }

    /// A worker whose network can be made slow.
    private func startSlowly(
        _ nonce: String, _ lab: Lab, keepsTime: Bool = false
    ) async throws -> (LabWorker, FaultProxy) {
        let proxy = try await FaultProxy.start(to: lab.server)
        var options = WorkerOptions(concurrency: 20)
        options.redisURL = proxy.url()
        if keepsTime { options.more = ["--cron"] }
        return (try await lab.startWorker(nonce, options), proxy)
    }

    /// Schedules jobs for one moment, and calls the body as soon as some have left the schedule.
    private func promote(
        _ count: Int, through network: FaultProxy, _ lab: Lab, _ body: () async throws -> Void
    ) async throws {
        var options = ProducerOptions(count: count, rate: 5000)
        options.at = try await lab.probe.now() + 1000
        try await lab.startProducer(options).end()
        let scheduled = try await lab.probe.number("ZCARD", "schedule")
        lab.expect(scheduled == count, "\(scheduled) of \(count) jobs are scheduled")
        network.delay(.replies, by: Self.delay)
        // All at once, however long it took to enqueue them.
        try await lab.probe.send("EVAL", Self.becomeDue, "1", "schedule")
        try await eventually("promotion begins", timeout: .seconds(30), every: .microseconds(100)) {
            try await lab.probe.number("ZCARD", "schedule") < count
        }
        try await body()
        network.delay(.replies, by: .zero)
    }

    /// Some of the wave has gone, and some has not.
    private func expectMiddle(of count: Int, _ lab: Lab) async throws {
        let left = try await lab.probe.number("ZCARD", "schedule")
        lab.expect(0 < left && left < count, "\(left) of \(count) were left when it was hit: not in mid-promotion")
    }
}
