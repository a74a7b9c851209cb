import FlumeWire
import TestSupport

/// F12: the clocks of workers and of the producer jump by an hour and by a day, in both directions, while they run.
///
/// Leases, limits and due times are Redis's: no lease is lost, no job runs early or a day late, none runs twice.
struct JumpClocks: Scenario {
    let number = "F12"
    let name = "clocks of workers and producer jump"

    private static let jumps = [3600, -3600, 86_400, -86_400]

    func run(in lab: Lab) async throws {
        let clocks = try ["w1", "w2", "producer"].map { try LabClock($0, in: lab) }
        for (clock, nonce) in zip(clocks, ["w1", "w2"]) {
            var options = WorkerOptions()
            options.prefix = clock.prefix
            try await lab.startWorker(nonce, options)
        }
        var options = ProducerOptions(
            rate: 60,
            jobs: [
                JobMix(jobClass: "LabQuick", weight: 6),
                JobMix(jobClass: "LabSleep", arguments: "[0.2]", weight: 3),
                JobMix(jobClass: "LabLimited", arguments: "[0.02]"),
                JobMix(jobClass: "LabFail", arguments: "[1]"),
            ])
        options.prefix = clocks[2].prefix
        let producer = try lab.startProducer(options)
        for _ in 0..<(lab.form == .short ? 1 : 10) {
            for jump in Self.jumps {
                try clocks[lab.random(in: 0...1)].set(ahead: jump)
                try clocks[2].set(ahead: -jump)
                try await lab.waitForProgress(30)
            }
        }
        // What failed last waits by clocks that are a day apart.
        try clocks[0].set(ahead: 86_400)
        try clocks[1].set(ahead: -86_400)
        try await lab.waitForProgress(30)
        try await producer.stop()
        try await lab.drain()

        let ledger = lab.ledger
        lab.expect(ledger.runs.allSatisfy { $0.fence == 0 }, "a process lost its lease")
        let now = try await lab.probe.now()
        let stamps = ledger.enqueues.values.compactMap { enqueue in
            (try? JobPayload(parsing: Array(enqueue.payload.utf8)))?.createdAt?.seconds
        }
        for jump in Self.jumps {
            let seen = stamps.contains { abs($0 - now + Double(jump)) < 600 }
            lab.expect(seen, "no job was enqueued with a clock \(-jump) s ahead: nothing was tested")
        }
    }
}
