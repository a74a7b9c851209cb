import FlumeWire
import FlumeWorker
import Synchronization

extension HandlerRegistry {
    /// The classes of the crash stations; each run stands in the ledger.
    ///
    /// `LabHold` stays until it is cancelled in the process that is to be killed, and ends at once in any other.
    static func crashStations(_ recorder: RunRecorder, isVictim: Bool) -> HandlerRegistry {
        let snoozed = Mutex<Set<String>>([])
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
        let quickly = BackOff { _, _, _ in .exactly(.milliseconds(50)) }
        let handlers = [
            Handler.raw("LabQuick") { _, context in try await record(context) {} },
            Handler.raw("LabSleep") { _, context in
                try await record(context) { try await Task.sleep(for: .milliseconds(30)) }
            },
            Handler.raw("LabTick") { _, context in try await record(context) {} },
            Handler("LabFail") { (context, times: Int) in
                try await record(context) {
                    guard context.attempt > times else { throw LabFailure(description: "attempt \(context.attempt)") }
                }
            },
            Handler.raw("LabSnooze") { _, context in
                try await record(context) {
                    guard !snoozed.withLock({ $0.insert(context.jid).inserted }) else {
                        throw JobDirective.snooze(for: .milliseconds(50))
                    }
                }
            },
            Handler.raw("LabHold") { _, context in
                try await record(context) { if isVictim { try await Task.sleep(for: .seconds(60)) } }
            },
            Handler.batch("LabBatch", answers: JobResult.self) { batch in
                let runs = try batch.contexts.map { ($0, try recorder.begin($0)) }
                return try runs.map { context, run in
                    let times = try context.payload.arguments().first?.int ?? 0
                    guard context.attempt <= times else {
                        try run.end(.done)
                        return .done
                    }
                    try run.end(.failed)
                    return .failed(LabFailure(description: "attempt \(context.attempt)"))
                }
            },
        ]
        return HandlerRegistry(handlers.map { $0.backOff(quickly) })
    }
}
