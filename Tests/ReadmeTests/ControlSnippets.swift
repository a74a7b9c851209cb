// The Swift blocks of README.md about pausing, subscribing and facts, word for word.

import Flume
import FlumeInspector
import FlumeRedis
import FlumeWorker

func pausing(_ worker: Worker) async throws -> Bool {
    try await worker.pause(.pipeline("ses"))  // this process, until it ends
    try await worker.resume(.pipeline("ses"))

    try await worker.pause(.pipeline("ses"), permanently: true)  // every process, also after restarts
    try await worker.pause(.queue("mailers"), permanently: true)  // Sidekiq's own `paused`
    let isDone = try await worker.pause(.all, waiting: .seconds(30))  // and wait for the jobs that run here
    try await worker.resume(.all, permanently: true)
    return isDone
}

func subscribing(_ worker: Worker) async throws {
    try await worker.subscribe(to: "imports", concurrency: 10)
    try await worker.subscribe(to: "imports", concurrency: 2)  // fewer from now on
    try await worker.unsubscribe(from: "imports")
    try await worker.unsubscribeAll()
}

func inspecting(_ redis: RedisClient) async throws {
    let inspector = Inspector(redis: redis)
    let facts = try await inspector.facts()
    for queue in facts.queues where queue.size > 1000 || queue.latency ?? 0 > 60 {
        print("\(queue.name): \(queue.size) jobs, the oldest \(queue.latency ?? 0) s old")
    }
    for process in try await inspector.processes() {
        try await inspector.subscribe(to: "imports", concurrency: 5, in: process)
    }
    try await inspector.pause(.pipeline("ses"))
}
