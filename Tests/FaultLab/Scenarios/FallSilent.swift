import TestSupport

/// F8: a network that holds what one side sends, or both, and closes nothing; and a Redis that takes everything and never
/// answers.
///
/// The worker has to notice by itself, say so at its health endpoint, and ask to be restarted at the stated bound; the network
/// is healed only then. Its jobs run elsewhere meanwhile. What was held arrives late, as what TCP sends again does. A silence that
/// is over sooner is no reason for a restart.
struct FallSilent: Scenario {
    let number = "F8"
    let name = "half-open connections, Redis stopped"

    private static let directions: [String: Set<ProxyDirection>] = [
        "requests": [.requests], "replies": [.replies], "both": [.requests, .replies],
    ]

    func run(in lab: Lab) async throws {
        // More than a command waits for its answer.
        let silence = lab.form == .short ? 8.0 : 30.0
        var options = WorkerOptions()
        options.silence = silence
        // The proxies stay: the workers say good-bye through them, after this function.
        var proxies: [String: FaultProxy] = [:]
        for name in Self.directions.keys.sorted() {
            let proxy = try await FaultProxy.start(to: lab.server)
            proxies[name] = proxy
            options.redisURL = proxy.url()
            try await lab.startWorker(name, options)
        }
        options.redisURL = nil
        try await lab.startWorker("healthy", options)
        let producer = try lab.startProducer(
            .init(rate: 60, jobs: [JobMix(jobClass: "LabQuick"), JobMix(jobClass: "LabSleep", arguments: "[0.2]")]))
        try await lab.waitForProgress(60)
        let before = try await lab.undisturbed()
        let names = Self.directions.keys.sorted()
        let victims = lab.running.filter { names.contains($0.nonce) }
        try await blip(victims, proxies, lab, before)
        for _ in 0..<(lab.form == .short ? 1 : 5) {
            try await lab.neighbours("healthy", pause: .seconds(5)) {
                try await lab.outage(for: names) {
                    for (name, directions) in Self.directions { proxies[name]?.stall(directions) }
                    try await watch(victims, silence, lab)
                    for proxy in proxies.values { proxy.unstall() }
                }
            }
            try await heal(lab, before)
            try await lab.outage {
                lab.server.suspend()
                try await watch(lab.running, silence, lab)
                lab.server.resume()
            }
            try await heal(lab, before)
        }
        try await producer.stop()
        try await lab.drain()
    }

    /// Five seconds of silence: nobody asks to be restarted, and all go on.
    private func blip(
        _ victims: [LabWorker], _ proxies: [String: FaultProxy], _ lab: Lab, _ before: Range<UInt64>
    ) async throws {
        var dead: Set<String> = []
        try await lab.neighbours("healthy", pause: .seconds(5)) {
            try await lab.outage(for: victims.map(\.nonce)) {
                for (name, directions) in Self.directions { proxies[name]?.stall(directions) }
                let end = ContinuousClock.now + .seconds(5)
                while ContinuousClock.now < end {
                    for worker in victims where try await !worker.isLive() { dead.insert(worker.nonce) }
                    try await Task.sleep(for: .milliseconds(50))
                }
                for proxy in proxies.values { proxy.unstall() }
            }
        }
        try await heal(lab, before)
        lab.expect(dead.isEmpty, "\(dead) were not live in five seconds of silence")
        // Which is shorter than a lease of the long form.
        guard lab.form == .long else { return }
        let lost = victims.filter(\.hasLostLease).map(\.nonce)
        lab.expect(lost.isEmpty, "\(lost) lost their leases in five seconds of silence")
        let twice = lab.ledger.runsOfJob.filter { $0.value.count(where: \.isDone) > 1 }.keys
        lab.expect(twice.isEmpty, "five seconds of silence had \(twice.count) jobs done twice")
    }

    /// Waits until each of them has noticed, and until each asks to be restarted.
    private func watch(_ workers: [LabWorker], _ silence: Double, _ lab: Lab) async throws {
        let start = ContinuousClock.now
        var noticed: [String: Duration] = [:]
        var dead: [String: Duration] = [:]
        try await eventually("all have noticed and are not live", timeout: .seconds(90), every: .milliseconds(50)) {
            for worker in workers {
                let time = start.duration(to: .now)
                if noticed[worker.nonce] == nil, try await !worker.isReady() { noticed[worker.nonce] = time }
                if dead[worker.nonce] == nil, try await !worker.isLive() { dead[worker.nonce] = time }
            }
            return dead.count == workers.count && noticed.count == workers.count
        }
        for (nonce, time) in noticed {
            lab.note(notice: time)
            lab.expect(time <= .seconds(15), "\(nonce) noticed after \(time.formatted), 15 s are allowed")
        }
        for (nonce, time) in dead {
            // Counted from Redis's last word, which may have come a moment before.
            let isInTime = time >= .seconds(silence - 1.5) && time <= .seconds(silence + 5)
            lab.expect(isInTime, "\(nonce) was not live after \(time.formatted), its limit is \(silence) s")
        }
    }

    /// All of them come back by themselves, and say so.
    private func heal(_ lab: Lab, _ before: Range<UInt64>) async throws {
        try await lab.expectWork(within: .seconds(10), after: monotonicNanoseconds(), as: before)
        try await eventually("all are ready and live again", timeout: .seconds(30), every: .milliseconds(50)) {
            for worker in lab.running {
                guard try await worker.isReady(), try await worker.isLive() else { return false }
            }
            return true
        }
    }
}
