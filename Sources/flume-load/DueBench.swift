import FlumeWire
import FlumeWorker
import Glibc
import Synchronization

/// How fast jobs run that all become due at the same moment.
struct DueBench {
    let bench: Bench

    func run() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Double.self)
        let left = Atomic(bench.jobs)
        let worker = bench.worker(
            bench.workload.handler {
                if left.subtract(1, ordering: .relaxed).newValue == 0 { end.yield(ScheduledBench.now) }
            })
        let running = Task { try await worker.run() }
        let due = (ScheduledBench.now + 2).rounded(.up)
        guard let time = Timestamp(seconds: due) else { return }
        try await bench.fill(at: time)
        guard ScheduledBench.now < due else { throw LoadError("the jobs were due before all of them were enqueued") }
        for await last in ends {
            bench.report("jobs_per_s", Double(bench.jobs) / (last - due), digits: 0)
            break
        }
        worker.stop()
        try await running.value
    }
}
