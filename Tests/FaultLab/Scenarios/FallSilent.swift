import TestSupport

/// F8: a network that swallows what one side sends, and closes nothing.
///
/// The worker has to notice by itself; its jobs run elsewhere meanwhile.
struct FallSilent: Scenario {
    let number = "F8"
    let name = "half-open connections, in each direction"

    func run(in lab: Lab) async throws {
        let proxies = try await inParallel([1, 2, 3]) { _ in try await FaultProxy.start(to: lab.server) }
        // They stay: the workers say good-bye through them, after this function.
        let directions: [Set<ProxyDirection>] = [[.requests], [.replies], [.requests, .replies]]
        for (number, proxy) in proxies.enumerated() {
            var options = WorkerOptions()
            options.redisURL = proxy.url()
            try await lab.startWorker("silent\(number)", options)
        }
        try await lab.startWorker("healthy")
        let producer = try lab.startProducer(
            .init(rate: 60, jobs: [JobMix(jobClass: "LabQuick"), JobMix(jobClass: "LabSleep", arguments: "[0.2]")]))
        try await lab.waitForProgress(60)
        for _ in 0..<(lab.form == .short ? 1 : 5) {
            try await lab.outage {
                let before = proxies.map(\.accepted)
                let silent = monotonicNanoseconds()
                for (proxy, direction) in zip(proxies, directions) { proxy.stall(direction) }
                // Who makes a new connection has given the old one up.
                try await eventually("all have noticed", timeout: .seconds(40), every: .milliseconds(20)) {
                    zip(proxies, before).allSatisfy { $0.accepted > $1 }
                }
                let noticed = Duration.nanoseconds(Int64(monotonicNanoseconds() - silent))
                lab.expect(noticed <= .seconds(15), "it took \(noticed.formatted) until all had noticed")
                for proxy in proxies { proxy.unstall() }
            }
            let healed = monotonicNanoseconds()
            try await eventually("all are at work again", timeout: .seconds(60), every: .milliseconds(50)) {
                let names = Set(lab.ledger.runs.filter { $0.began > healed }.map(\.nonce))
                return (0..<proxies.count).allSatisfy { names.contains("silent\($0)") }
            }
        }
        try await producer.stop()
        try await lab.drain()
    }
}
