// The Swift blocks of the chapters "Unique jobs" and "Exq", word for word.

import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker

struct SyncUser: Job {
    static var options: JobOptions { .init(queue: "sync", unique: .init(for: .seconds(3600), until: .start)) }
    var userID: Int
}

private struct Report: Job {
    var month: String
}

func unique(_ jobs: JobClient) async throws {
    switch try await jobs.enqueueUnique(SyncUser(userID: 42)) {
    case .enqueued(let jid): print("enqueued \(jid)")
    case .conflict(let jid): print("already there: \(jid)")
    case .stopped: print("a middleware stopped it")
    }

    let nightly = Uniqueness(for: .seconds(12 * 3600), until: .expiry, token: "report 2026-11")
    try await jobs.enqueueUnique(Report(month: "2026-11"), as: nightly, after: .seconds(60))
}

func shareWithExq(_ redis: RedisClient) -> (JobClient, WorkerConfiguration) {
    var configuration = WorkerConfiguration()
    let jobs = JobClient(redis: redis, namespace: "exq").sharingWithExq()
    configuration.namespace = "exq"
    configuration.sharesWithExq = true
    return (jobs, configuration)
}
