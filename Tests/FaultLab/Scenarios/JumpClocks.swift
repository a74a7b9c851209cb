import FlumeWire
import TestSupport

/// F12: clocks jump by an hour and by a day, in both directions, while everything runs: first those of workers and producer,
/// then Redis's own.
///
/// Leases, limits, due times and ticks are Redis's: the hosts' clocks change none of them. When Redis's clock jumps, no lease
/// is lost, limits hold and let go on, and no tick runs twice.
struct JumpClocks: Scenario {
    let number = "F12"
    let name = "clocks of hosts and of Redis jump"
    let movesRedisClock = true

    private static let jumps = [3600, -3600, 86_400, -86_400]
    private static let rate = 20
    /// LabLimited jobs at a time.
    private static let slots = 2

    func run(in lab: Lab) async throws {
        let clocks = try ["w1", "w2", "producer"].map { try LabClock($0, in: lab.directory) }
        for (clock, nonce) in zip(clocks, ["w1", "w2"]) {
            var options = WorkerOptions(queues: "default,timed", limited: Self.slots)
            options.prefix = clock.prefix
            options.more = ["--rate", "\(Self.rate)", "--cron"]
            try await lab.startWorker(nonce, options)
        }
        let mix = [
            JobMix(jobClass: "LabQuick", weight: 6),
            JobMix(jobClass: "LabSleep", arguments: "[0.2]", weight: 3),
            JobMix(jobClass: "LabLimited", arguments: "[0.05]", weight: 3),
            JobMix(jobClass: "LabFail", arguments: "[1]"),
        ]
        let producers = try [
            lab.startProducer(.init(rate: 60, jobs: mix, prefix: clocks[2].prefix)),
            // A little more than may run.
            lab.startProducer(.init(rate: Double(Self.rate) * 1.2, queue: "rated")),
        ]
        try await lab.waitForProgress(30)
        let before = try await lab.undisturbed()
        try await moveHosts(clocks, lab)
        let hostsMoved = monotonicNanoseconds()
        let moves = try await moveRedis(lab, before)
        for producer in producers { try await producer.stop() }
        try await lab.drain()

        let ledger = lab.ledger
        lab.expect(ledger.runs.allSatisfy { $0.fence == 0 }, "a process lost its lease")
        judgeTicks(ledger, hostsMoved, lab)
        judgeLimits(ledger, moves, lab)
    }

    // MARK: The hosts

    private func moveHosts(_ clocks: [LabClock], _ lab: Lab) async throws {
        for _ in 0..<(lab.form == .short ? 1 : 10) {
            for jump in Self.jumps {
                try clocks[lab.random(in: 0...1)].set(ahead: jump)
                try clocks[2].set(ahead: -jump)
                try await dueInTime(clocks[2], isAhead: jump < 0, lab)
            }
        }
        // What failed last waits by clocks that are a day apart.
        try clocks[0].set(ahead: 86_400)
        try clocks[1].set(ahead: -86_400)
        try await lab.waitForProgress(30)
        let now = try await lab.probe.now()
        let stamps = lab.ledger.enqueues.values.compactMap { enqueue in
            (try? JobPayload(parsing: Array(enqueue.payload.utf8)))?.createdAt?.seconds
        }
        for jump in Self.jumps {
            let seen = stamps.contains { abs($0 - now + Double(jump)) < 600 }
            lab.expect(seen, "no job was enqueued with a clock \(-jump) s ahead: nothing was tested")
        }
    }

    /// Jobs for a moment, from a host whose clock is wrong: they run then, by Redis's clock.
    ///
    /// A time that is past for the producer itself is no time: like Sidekiq it enqueues such jobs for now.
    private func dueInTime(_ clock: LabClock, isAhead: Bool, _ lab: Lab) async throws {
        let known = Set(lab.ledger.enqueues.keys)
        let now = monotonicNanoseconds()
        let due = now + 1_500_000_000
        var options = ProducerOptions(count: 10, queue: "timed", prefix: clock.prefix)
        options.at = try await lab.probe.now() + 1.5
        try await lab.startProducer(options).end()
        lab.expect(monotonicNanoseconds() < due, "jobs were due before all were there")
        let jids = lab.ledger.enqueues.filter { $0.value.payload.contains(#""timed""#) && !known.contains($0.key) }.keys
        try await lab.wait("what was due has run") { ledger in jids.allSatisfy(ledger.done.contains) }
        let late = lab.ledger.runs.filter { jids.contains($0.jid) }.map { Double($0.began) / 1e9 - Double(due) / 1e9 }
        let (least, most) = (late.min() ?? 9, late.max() ?? 9)
        lab.expect((isAhead || least > -0.05) && most < 5, "jobs began \(least) s to \(most) s after they were due")
    }

    // MARK: Redis

    /// Moves Redis's clock there and back.
    ///
    /// - Returns: when it was moved.
    private func moveRedis(_ lab: Lab, _ before: Range<UInt64>) async throws -> [UInt64] {
        var moves: [UInt64] = []
        for jump in Self.jumps {
            for ahead in [jump, 0] {
                let now = try await lab.probe.now()
                let known = lab.ledger.done.count { $0.hasPrefix("late") }
                if ahead > 0 { try await schedule(at: now + Double(ahead) / 2, number: moves.count, lab) }
                moves.append(monotonicNanoseconds())
                try lab.redisClock?.set(ahead: ahead)
                let moved = try await lab.probe.now() - now
                lab.expect(abs(moved) > 3000, "Redis's clock moved by \(moved) s: nothing was tested")
                let healed = monotonicNanoseconds()
                if moved < 0 { try await fetchBack(lab) }
                try await lab.expectWork(within: .seconds(5), after: healed, as: before)
                // Limited jobs do not wait until the clock is where it was.
                try await lab.wait("jobs of the limited queue go on", within: .seconds(10)) { ledger in
                    ledger.runs.count { $0.began > healed && $0.payload.contains(#""rated""#) } > Self.rate / 2
                }
                // A tick each second, whatever the clock says.
                try await lab.wait("periodic jobs go on", within: .seconds(10)) { ledger in
                    ledger.runs.count { $0.began > healed && $0.payload.contains(#""LabTick""#) } > 1
                }
                guard ahead > 0 else { continue }
                try await lab.wait("what the clock jumped over has run", within: .seconds(10)) { ledger in
                    ledger.done.count { $0.hasPrefix("late") } > known
                }
            }
        }
        return moves
    }

    /// What failed while Redis's clock was ahead is due in that time, and nobody can know better: the lab makes it due now.
    private func fetchBack(_ lab: Lab) async throws {
        let far = try await lab.probe.now() + 1000
        for member in try await lab.probe.members("retry") {
            guard let due = try await lab.probe.score("retry", member), due > far else { continue }
            try await lab.probe.send("ZADD", "retry", "XX", "1", member)
        }
    }

    private func schedule(at due: Double, number: Int, _ lab: Lab) async throws {
        let jid = "late\(number)"
        try await lab.schedule(
            #"{"class":"LabQuick","args":[],"jid":"\#(jid)","queue":"default","retry":true}"#, jid: jid, at: due)
    }

    // MARK: The verdict

    private func judgeTicks(_ ledger: Ledger, _ hostsMoved: UInt64, _ lab: Lab) {
        let wrong = Ticks(in: ledger, where: { $0.began < hostsMoved }).problems()
        lab.expect(wrong.isEmpty, "while clocks of hosts jumped, \(wrong.count) ticks went wrong: \(wrong.prefix(3))")
        let doubled = Ticks(in: ledger).problems(mayMiss: true)
        lab.expect(
            doubled.isEmpty, "while Redis's clock jumped, \(doubled.count) ticks went wrong: \(doubled.prefix(3))")
    }

    private func judgeLimits(_ ledger: Ledger, _ moves: [UInt64], _ lab: Lab) {
        let rated = ledger.runs.filter { $0.payload.contains(#""rated""#) }.map(\.began)
        var last = 0
        var worst = 0
        for (first, start) in rated.enumerated() {
            while last < rated.count, rated[last] < start + 1_000_000_000 { last += 1 }
            // What a jump of Redis's clock leaves behind counts no more.
            let isNearJump = moves.contains { start < $0 + 500_000_000 && start + 1_500_000_000 > $0 }
            if !isNearJump { worst = max(worst, last - first) }
        }
        lab.expect(worst <= Self.rate + 2, "\(worst) jobs began in a second, \(Self.rate) are allowed")
        lab.expect(rated.count > Self.rate * 5, "\(rated.count) jobs had a rate limit: no test")
        let limited = ledger.runs.filter { $0.payload.contains("LabLimited") }
        let most =
            limited.map { run in
                limited.count { $0.began <= run.began && ($0.ended ?? .max) > run.began }
            }.max() ?? 0
        lab.expect((1...Self.slots).contains(most), "\(most) jobs ran at a time, \(Self.slots) are allowed")
    }
}
