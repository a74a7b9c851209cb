import FlumeConfiguration
import FlumeWorker
import Foundation
import TestSupport
import Testing

/// Whether the installed Ruby reads a file as Flume does.
@Suite("Real Sidekiq")
struct RealSidekiqTests {
    /// The command: the machine's, or the one behind the prefix in `FLUME_RUBY`, such as `scripts/debian-13`.
    private static let ruby =
        (ProcessInfo.processInfo.environment["FLUME_RUBY"] ?? "").split(separator: " ").map(String.init) + ["ruby"]

    private static let isThere = Task {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let command = ruby + ["-e", #"require "sidekiq"; require "sidekiq/cli""#]
        let child = try ChildProcess.spawn(command[0], Array(command.dropFirst()), output: directory.path)
        return await child.exit() == .status(0)
    }

    @Test(
        "reads the same from a config/sidekiq.yml",
        .enabled("no Ruby Sidekiq here; scripts/test installs it") { (try? await isThere.value) == true },
        arguments: [
            ("sidekiq-6.yml", "development"), ("sidekiq-6.yml", "staging"), ("sidekiq-6.yml", "production"),
            ("sidekiq-7.yml", "production"), ("sidekiq-erb.yml", "test"), ("sidekiq-erb.yml", "review"),
        ])
    func same(file: String, environment: String) async throws {
        let variables = [
            "TIMEOUT": "40s", "MAX_RETRIES": " 1_0 ", "TAG": "web # 1", "URGENT": "now", "PREFIX": "eu",
            "RAILS_MAX_THREADS": "8",
        ]
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        // Copied to /tmp, which a Ruby in a tree of its own sees as well.
        for name in [file, "read_sidekiq_yml.rb"] {
            try fixture(name).write(toFile: directory.file(name), atomically: false, encoding: .utf8)
        }
        let command = Self.ruby + [directory.file("read_sidekiq_yml.rb"), directory.file(file), environment]
        let child = try ChildProcess.spawn(
            command[0], Array(command.dropFirst()), environment: variables, output: directory.path)
        #expect(await child.exit() == .status(0), "\(child.errorOutput)")
        var lines = child.output.split(separator: "\n").map(String.init)
        let version = try #require(lines.first.flatMap { Int($0) })
        lines.removeFirst()
        // Before 7 a queue "critical,6" had this very name, and there were no capsules.
        if version < 7, file == "sidekiq-7.yml" { return }

        var settings = FlumeSettings()
        try settings.read(sidekiqFile: directory.file(file), environment: environment, variables: variables)
        var ours: [String] = []
        for pipeline in try settings.makePipelines() {
            let queues = pipeline.queues.map { "\($0.name)=\(max(1, $0.weight))" }.joined(separator: ",")
            let order = pipeline.mode == .strict ? "strict" : "drawn"
            ours.append("\(pipeline.name) \(pipeline.concurrency) \(order) \(queues)")
        }
        let worker = settings.worker
        ours.append("timeout \(worker.shutdownTimeout.components.seconds)")
        ours.append("max_retries \(worker.maximumRetries)")
        ours.append("tag \(worker.tag)")
        ours.append("labels \(worker.labels.joined(separator: ","))")
        #expect(ours == lines)
    }
}
