import Flume
import FlumeCron
import FlumeWire
import Foundation
import TestSupport
import Testing

/// What Ruby makes of periodic jobs.
@Suite("A periodic job in Ruby")
struct RubyScheduleTests {
    /// The command: the machine's, or the one behind the prefix in `FLUME_RUBY`, such as `scripts/debian-13`.
    private static let ruby =
        (ProcessInfo.processInfo.environment["FLUME_RUBY"] ?? "").split(separator: " ").map(String.init) + ["ruby"]

    private static func run(_ script: String, _ arguments: String...) async throws -> (isDone: Bool, output: String) {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let child = try ChildProcess.spawn(
            ruby[0], ruby.dropFirst() + ["-e", script] + arguments, output: directory.path)
        let isDone = await child.exit() == .status(0)
        return (isDone, child.output + (isDone ? "" : child.errorOutput))
    }

    private static let isThere = Task { try await run(#"require "active_job""#).isDone }

    @Test(
        "is run by the class of ActiveJob that the schedule names",
        .enabled("no ActiveJob here; scripts/test installs it") { (try? await isThere.value) == true })
    func activeJob() async throws {
        let payload = JobPayload(jobClass: "CleanUp", arguments: [["days": 30], "x"], queue: "low")
        let entry = try CronEntry("e", "@daily", payload: payload, tickArgument: .seconds, isActiveJob: true)
        let job = try entry.payload(for: time("2024-01-01T00:00:00Z"))
        let script = """
            require "active_job"
            require "json"
            class CleanUp < ActiveJob::Base
              def perform(*arguments) = puts([queue_name, arguments, enqueued_at.to_s[0, 10]].to_json)
            end
            ActiveJob::Base.logger = Logger.new(nil)
            ActiveJob::Base.execute(JSON.parse(ARGV[0])["args"][0])
            """
        let result = try await Self.run(script, job.description)
        #expect(result.output == #"["low",[{"days":30},"x",1704067200.0],"2024-01-01"]"# + "\n")
    }
}
