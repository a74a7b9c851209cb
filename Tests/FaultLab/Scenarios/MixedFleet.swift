import FlumeWire
import TestSupport

/// F17: Ruby's Sidekiq and Flume on one queue, each with classes that the other does not know.
struct MixedFleet: Scenario {
    let number = "F17"
    let name = "classes unknown to one half of a mixed fleet"
    let needsTCP = true

    func run(in lab: Lab) async throws {
        // A failure by an unknown class is no run, and Ruby counts too.
        lab.ignoreCounters()
        var ruby = WorkerOptions(concurrency: 5, queues: "default,ruby")
        ruby.runtime = .ruby
        let count = lab.form == .short ? 40 : 400
        var swift = ProducerOptions(count: count)
        swift.jobs = [
            JobMix(jobClass: "LabQuick", weight: 2), JobMix(jobClass: "RubyOnly"),
            JobMix(jobClass: "LabSwallow", arguments: #"["x"]"#),
        ]
        var sidekiq = swift
        sidekiq.isRuby = true
        for options in [swift, sidekiq] { try await lab.startProducer(options).end() }
        lab.admitFailure(of: lab.ledger.acknowledged)
        try await lab.startWorker("swift")
        try await lab.startWorker("ruby", ruby)
        try await lab.wait("what both know is done", within: .seconds(60)) { ledger in
            ledger.enqueues.filter { $0.value.payload.contains("LabQuick") }.keys.allSatisfy(ledger.done.contains)
        }
        try await checkThatNobodySpins(lab)
        // Whoever takes it next may know it: the lab is as patient as Sidekiq's back-off, only faster. That spreads jobs which
        // failed together over ten seconds and more. All at once, most would go to whoever is faster, time after time.
        try await eventually("every job found who knows it", timeout: .seconds(60), every: .milliseconds(300)) {
            for member in try await lab.probe.members("retry").prefix(20) {
                try await lab.probe.send("ZADD", "retry", "XX", "1", member)
            }
            let ledger = lab.ledger
            return ledger.acknowledged.isSubset(of: ledger.done)
        }
        try await forwarded(lab)
        lab.expect(try await lab.probe.members("dead").isEmpty, "a job of an unknown class is dead")
        try await lab.expectPages()
    }

    /// A job that came to the wrong half waits as Sidekiq's formula says: 15 s and more.
    private func checkThatNobodySpins(_ lab: Lab) async throws {
        let now = try await lab.probe.now()
        for member in try await lab.probe.members("retry") {
            let due = try await lab.probe.score("retry", member) ?? now + 99
            let count = (try? JobPayload(parsing: Array(member.utf8)))?.retryCount ?? 0
            lab.expect(due > now + 5, "\(member.prefix(200)) is due in \(due - now) s")
            lab.expect(count <= 1, "\(member.prefix(200)) was sent to and fro \(count) times already")
        }
    }

    /// With a queue to hand over to, what Flume does not know reaches Ruby at once, and unharmed.
    private func forwarded(_ lab: Lab) async throws {
        var options = WorkerOptions(queues: "handover")
        options.more = ["--unknown-class", "ruby"]
        try await lab.startWorker("forwarding", options)
        try await lab.produce(20, JobMix(jobClass: "RubyOnly"), queue: "handover")
        let jids = lab.ledger.enqueues.filter { $0.value.payload.contains(#""handover""#) }.keys
        try await lab.wait("Ruby has done what was handed over", within: .seconds(30)) { ledger in
            jids.allSatisfy { ledger.runsOfJob[$0]?.map(\.nonce) == ["ruby"] && ledger.done.contains($0) }
        }
    }
}
