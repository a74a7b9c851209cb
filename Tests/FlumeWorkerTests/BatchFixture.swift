import Flume
import FlumeWorker
import TestSupport

/// Long enough that no test waits for it: what runs, runs for another reason.
let longTimeout = Duration.seconds(1000)

extension Handler {
    /// Notes the jids of each batch, joined with a plus, and stays until the gate opens if there is one.
    static func batching(_ journal: Journal, as jobClass: String = "Note", through gate: Gate? = nil) -> Handler {
        .batch(jobClass) { batch in
            journal.note(batch.contexts.map(\.jid).joined(separator: "+"))
            try await gate?.pass()
        }
    }
}

extension Pipeline {
    /// The queue `default` in batches.
    static func batches(
        of size: Int, after timeout: Duration = longTimeout, concurrency: Int = 5, by key: BatchRule.Key? = nil
    ) -> [Pipeline] {
        [Pipeline("p", queue: "default", concurrency: concurrency).batching(size: size, timeout: timeout, by: key)]
    }
}

extension WorkerConfiguration {
    /// Notes what happens to batches until the test ends.
    func noting(_ journal: Journal) -> WorkerConfiguration {
        let stream = events.events()
        Task {
            for await event in stream {
                switch event {
                case .batchFlushed(let pipeline, let jobClass, let size, let reason):
                    journal.note("\(pipeline) \(jobClass) \(size) \(reason)")
                case .backPressure(let pipeline, let reason): journal.note("\(pipeline) waits for \(reason)")
                case .backPressureEnded(let pipeline, _, _): journal.note("\(pipeline) goes on")
                default: break
                }
            }
        }
        return self
    }
}
