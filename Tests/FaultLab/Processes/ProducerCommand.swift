import ArgumentParser
import Flume
import FlumeRedis
import FlumeWire
import Foundation
import Glibc
import Logging
import Synchronization
import TestSupport

/// `fault-lab producer`: enqueues steadily and writes down what was acknowledged.
struct ProducerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "producer", abstract: "A producer process; scenarios start it.", shouldDisplay: false)

    @Option(help: "The Redis to enqueue on.")
    var redis: String
    @Option(help: "The file that gets a line before each enqueue and one after its acknowledgement.")
    var ledger: String
    @Option(help: "What jids and the choice of jobs come from.")
    var seed: UInt64
    @Option(help: "How many jobs; it ends then, or by TERM.")
    var count = Int.max
    @Option(help: "Jobs in a second at most.")
    var rate = 1000.0
    @Option(help: "The queue.")
    var queue = "default"
    @Option(help: "When they are due, in seconds since 1970.")
    var at: Double?
    @Option(name: .customLong("job"), help: "Class:JSON arguments:weight, repeatable.")
    var jobs: [JobMix] = [JobMix(jobClass: "LabQuick", arguments: "[]", weight: 1)]

    func run() async throws {
        let client = RedisClient(try RedisConfiguration(url: redis), logger: Logger(label: "lab"))
        let ledger = try LedgerWriter(path: ledger)
        let producer = JobClient(redis: client, middleware: [AttemptRecorder(ledger: ledger)])
        let isStopped = StopSignal()
        var random = SeededGenerator(seed: seed)
        let clock = ContinuousClock()
        let start = clock.now
        var number = 0
        while number < count, !isStopped.isSet {
            let payload = try JobMix.pick(from: jobs, &random).payload(queue: queue, &random)
            do {
                if let jid = try await producer.push(payload, at: at.flatMap { Timestamp(seconds: $0) }) {
                    try ledger.write(.acknowledged(jid: jid, at: monotonicNanoseconds()))
                }
            } catch let error as RedisError {
                // Nobody knows whether it is there, or it is not: the next one is another job.
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                try await clock.sleep(for: .milliseconds(20))
            }
            number += 1
            let due = start + .seconds(Double(number) / rate)
            if due > clock.now { try await clock.sleep(until: due) }
        }
        await client.close()
    }
}

/// Writes a job down before anything is sent, byte for byte.
struct AttemptRecorder: ClientMiddleware {
    let ledger: LedgerWriter

    func push(
        _ payload: JobPayload, next: (JobPayload) async throws -> JobPayload?
    ) async throws -> JobPayload? {
        try ledger.write(
            .attempted(
                jid: payload.jid ?? "", at: monotonicNanoseconds(),
                payload: String(decoding: payload.bytes, as: UTF8.self)
            ))
        return try await next(payload)
    }
}

/// Set by the first TERM or INT.
private final class StopSignal: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    init() {
        for number in [SIGTERM, SIGINT] {
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in flag.store(true, ordering: .relaxed) }
            source.resume()
            // It lives as long as the process.
            _ = unsafe Unmanaged.passRetained(source as AnyObject)
        }
    }
}
