import ArgumentParser
import Flume
import FlumeActiveJob
import FlumeWire

/// What the producer takes to enqueue for a Ruby ActiveJob class.
struct RailsOptions: ParsableArguments {
    @Option(help: "Enqueue for this ActiveJob class.")
    var activeJob: String?
    @Option(help: "The oldest Rails that is to read it.")
    var rails = "7.1"

    func validate() throws {
        guard RailsVersion(rails) != nil else { throw ValidationError("--rails \(rails): write a version such as 7.1") }
    }

    /// Enqueues them one by one.
    ///
    /// - Returns: what became of each.
    func enqueue(
        _ jobClass: String, _ arguments: [JSONValue], queue: String, retry: RetrySetting, at time: Timestamp?,
        count: Int, on jobs: JobClient
    ) async throws -> [BulkResult] {
        let coding = ActiveJobCoding(rails: RailsVersion(rails) ?? .v7_1)
        let values = try ActiveJobArguments(json: arguments, coding: coding).values
        let options = ActiveJobOptions(queue: queue, sidekiq: JobOptions(retry: retry))
        var results: [BulkResult] = []
        for _ in 0..<count {
            let ids = try await jobs.enqueue(
                activeJob: jobClass, arguments: values, at: time, options: options, coding: coding)
            results.append(ids.map { .enqueued(jid: $0.jid) } ?? .stopped)
        }
        return results
    }
}
