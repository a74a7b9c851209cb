import FlumeWire
import FlumeWorker
import Foundation
import Glibc
import Synchronization

/// Writes begin and end of each run of this process into its ledger.
final class RunRecorder: Sendable {
    private let ledger: LedgerWriter
    private let nonce: String
    private let next = Atomic(1)
    /// How many leases this process has lost.
    let fence = Atomic(0)

    init(ledger: LedgerWriter, nonce: String) {
        self.ledger = ledger
        self.nonce = nonce
    }

    /// A run whose beginning is written down.
    struct Run: Sendable {
        fileprivate let recorder: RunRecorder
        fileprivate let jid: String
        fileprivate let name: String

        func end(_ how: LedgerEntry.Ending) throws {
            try recorder.ledger.write(.ended(jid: jid, at: monotonicNanoseconds(), run: name, how: how))
        }
    }

    func begin(_ context: JobContext) throws -> Run {
        let name = "\(nonce)#\(next.add(1, ordering: .relaxed).oldValue)"
        // Payloads of a test of size are not written down: the ledger is for every job.
        let payload = context.payload.bytes.count < 4096 ? String(decoding: context.payload.bytes, as: UTF8.self) : ""
        try ledger.write(
            .began(
                jid: context.jid, at: monotonicNanoseconds(), run: name, attempt: context.attempt,
                fence: fence.load(ordering: .relaxed), payload: payload))
        return Run(recorder: self, jid: context.jid, name: name)
    }
}

/// What a job of the lab throws when it is asked to fail.
struct LabFailure: Error, CustomStringConvertible {
    var description: String
}

/// Ways to end a process that no Swift code can catch.
enum Crash: String, CaseIterable, Sendable {
    case fatal, bounds, overflow, stack

    func happen(_ numbers: [Int]) -> Int {
        switch self {
        case .fatal: fatalError("LabCrash ends its process, as asked")
        case .bounds: return numbers[numbers.count + 1]
        case .overflow: return numbers.reduce(Int.max, +)
        case .stack: return Self.descend(numbers.count)
        }
    }

    /// Each level needs the value of the one below: no compiler makes a loop of it.
    @inline(never) private static func descend(_ depth: Int) -> Int {
        let ballast = [depth, depth &+ 1, depth &+ 2]
        return depth == .max ? 0 : descend(depth &+ 1) &+ ballast[depth % 3] &+ descend(depth &+ 2)
    }
}

extension HandlerRegistry {
    /// The classes of the lab.
    ///
    /// `LabQuick[]` · `LabTick[s]` · `LabSleep[s]` · `LabOversleep[s]` throws if it wakes too late · `LabFail[n]` fails n times · `LabSpin[s]` keeps a thread busy · `LabBlock[s]` blocks
    /// one · `LabStubborn[s]` ignores cancellation · `LabCrash[how]` · `LabLimited[s]` · `LabBatch[]` ·
    /// `LabUnique[n]` has a lock ·
    /// `LabHang[]` waits for ever at its first attempt · `LabSwallow[text]` takes an argument of any size.
    static func lab(_ recorder: RunRecorder, timeout: Duration?) -> HandlerRegistry {
        /// Runs a body between the two lines of the ledger.
        @Sendable func record(_ context: JobContext, _ body: () async throws -> Void) async throws {
            let run = try recorder.begin(context)
            do {
                try await body()
            } catch {
                try run.end(error is LabFailure ? .failed : .cancelled)
                throw error
            }
            try run.end(.done)
        }
        /// Works through its steps until they are done, cancelled or not.
        @Sendable func stubborn(_ seconds: Double) async {
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end {
                await withCheckedContinuation { continuation in
                    DispatchQueue.global().asyncAfter(deadline: .now() + 0.02) { continuation.resume() }
                }
            }
        }
        let quickly = BackOff { _, _, _ in .exactly(.milliseconds(200)) }
        var handlers = [
            Handler.raw("LabQuick") { _, context in try await record(context) {} },
            // Long enough for others to be refused meanwhile.
            Handler.raw("LabUnique") { _, context in
                try await record(context) { try await Task.sleep(for: .milliseconds(100)) }
            },
            Handler.raw("LabTick") { _, context in try await record(context) {} },
            Handler("LabSleep") { (context, seconds: Double) in
                try await record(context) { try await Task.sleep(for: .seconds(seconds)) }
            },
            // Its process has been stopped meanwhile.
            Handler("LabOversleep") { (context, seconds: Double) in
                try await record(context) {
                    let start = ContinuousClock.now
                    try await Task.sleep(for: .seconds(seconds))
                    let overslept = start.duration(to: .now) - .seconds(seconds)
                    if overslept > .seconds(2) { throw LabFailure(description: "overslept by \(overslept.formatted)") }
                }
            },
            Handler("LabFail") { (context, times: Int) in
                try await record(context) {
                    guard context.attempt > times else {
                        throw LabFailure(description: "failure \(context.attempt) of \(times)")
                    }
                }
            },
            // For ever, until its timeout; a retry is quick.
            Handler("LabHang") { context in
                try await record(context) {
                    if context.attempt == 1 { try await Task.sleep(for: .seconds(1_000_000)) }
                }
            },
            Handler("LabSwallow") { (context, _: String) in try await record(context) {} },
            Handler("LabSpin") { (context, seconds: Double) in
                try await record(context) {
                    let end = ContinuousClock.now + .seconds(seconds)
                    while ContinuousClock.now < end {}
                }
            },
            Handler("LabBlock") { (context, seconds: Double) in
                try await record(context) { usleep(UInt32(seconds * 1_000_000)) }
            },
            Handler("LabStubborn") { (context, seconds: Double) in
                try await record(context) { await stubborn(seconds) }
            },
            Handler("LabCrash") { (context, how: String) in
                try await record(context) {
                    guard let crash = Crash(rawValue: how) else { throw LabFailure(description: "crash how? \(how)") }
                    print(crash.happen([1, 2, 3]))
                }
            },
            Handler("LabLimited") { (context, seconds: Double) in
                try await record(context) { try await Task.sleep(for: .seconds(seconds)) }
            },
            Handler.batch("LabBatch") { batch in
                let runs = try batch.contexts.map { try recorder.begin($0) }
                for run in runs { try run.end(.done) }
            },
        ]
        if let timeout { handlers = handlers.map { $0.timeout(timeout) } }
        return HandlerRegistry(handlers.map { $0.backOff(quickly) })
    }
}
