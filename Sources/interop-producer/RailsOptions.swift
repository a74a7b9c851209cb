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
    @Option(help: "The values of CurrentAttributes to enqueue under, a JSON object.")
    var cattr: String?

    func validate() throws {
        guard RailsVersion(rails) != nil else { throw ValidationError("--rails \(rails): write a version such as 7.1") }
    }

    /// What is current while the jobs are enqueued.
    func currentAttributes() throws -> CurrentAttributes? {
        guard let cattr else { return nil }
        guard let values = try? JSONValue(parsing: Array(cattr.utf8)), values.object != nil else {
            throw ValidationError("--cattr \(cattr): write a JSON object such as '{\"user_id\":5}'")
        }
        return try CurrentAttributes(JobPayload(jobClass: "", options: ["cattr": values]))
    }

    /// The jobs to enqueue, each with a `job_id` of its own.
    ///
    /// - Returns: nil when no ActiveJob class is named.
    func items(
        _ arguments: [JSONValue], sidekiq options: JobOptions, at time: Timestamp?, count: Int
    ) throws -> [BulkItem]? {
        guard let activeJob else { return nil }
        let coding = ActiveJobCoding(rails: RailsVersion(rails) ?? .v7_1)
        let item = BulkItem.activeJob(
            activeJob, arguments: try ActiveJobArguments(json: arguments, coding: coding).values, at: time,
            options: ActiveJobOptions(queue: options.queue, sidekiq: options), coding: coding)
        return Array(repeating: item, count: count)
    }
}
