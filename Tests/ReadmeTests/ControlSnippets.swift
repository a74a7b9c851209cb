// The Swift blocks of README.md about pausing, word for word.

import Flume
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
