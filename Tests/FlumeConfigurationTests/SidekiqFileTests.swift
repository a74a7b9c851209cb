import FlumeConfiguration
import FlumeWorker
import Testing

@Suite("A Rails app's config/sidekiq.yml")
struct SidekiqFileTests {
    private func settings(
        _ yaml: String, environment: String? = nil, _ variables: [String: String] = [:]
    ) throws -> FlumeSettings {
        var settings = FlumeSettings()
        try settings.read(sidekiqYAML: yaml, named: "s.yml", environment: environment, variables: variables)
        return settings
    }

    @Test("as Sidekiq 6 has it is read as is: symbols, pairs, sections")
    func six() throws {
        let settings = try settings(try fixture("sidekiq-6.yml"))
        #expect(settings.concurrency == 5)
        #expect(settings.worker.shutdownTimeout == .seconds(8))
        #expect(settings.worker.maximumRetries == 7)
        #expect(settings.worker.tag == "shop")
        let pipelines = try settings.makePipelines()
        #expect(pipelines.map(\.name) == ["default"])
        #expect(pipelines[0].concurrency == 5)
        #expect(pipelines[0].mode == .weighted)
        #expect(
            pipelines[0].queues == [
                .init("critical", weight: 3), .init("default", weight: 2), .init("low", weight: 1), .init("mailers"),
            ])
        #expect(
            settings.notes.map { "\($0)".prefix(40) } == [
                "s.yml:3: :verbose: no effect: set the level".prefix(40),
                "s.yml:5: :pidfile: no effect: Sidekiq ignores".prefix(40),
                "s.yml:9: :require: no effect: it is about loading".prefix(40),
                "s.yml:10: staging: not read: the environment".prefix(40),
                "s.yml:12: production: not read: the environment".prefix(40),
            ])
    }

    @Test(
        "has sections for environments, which are chosen as Sidekiq chooses them",
        arguments: [
            (nil, [:], 5, 4), ("production", [:], 20, 3), (nil, ["RAILS_ENV": "staging"], 10, 4),
            (nil, ["RACK_ENV": "staging"], 10, 4), ("staging", ["APP_ENV": "production"], 10, 4),
            (nil, ["RACK_ENV": "x", "RAILS_ENV": "staging", "APP_ENV": "production"], 20, 3),
        ] as [(String?, [String: String], Int, Int)])
    func sections(environment: String?, variables: [String: String], concurrency: Int, queues: Int) throws {
        let settings = try settings(try fixture("sidekiq-6.yml"), environment: environment, variables)
        #expect(settings.concurrency == concurrency)
        #expect(settings.pipelines[0].queues.count == queues)
        #expect(settings.worker.maximumRetries == 7)
    }

    @Test("is not refused for a value that the section of the environment replaces")
    func replaced() throws {
        #expect(
            try settings("concurrency: 0\nproduction:\n  :concurrency: 4", environment: "production").concurrency == 4)
    }

    @Test("as Sidekiq 7 and 8 have it becomes one pipeline per capsule")
    func seven() throws {
        let settings = try settings(try fixture("sidekiq-7.yml"))
        #expect(settings.worker.labels == ["eu-west", "reports"])
        #expect(settings.worker.deadSetMaximumJobs == 5000)
        #expect(settings.worker.deadSetTimeout == .seconds(86400))
        #expect(settings.worker.pollInterval == .seconds(2))
        let pipelines = try settings.makePipelines()
        #expect(pipelines.map(\.name) == ["default", "single", "unordered"])
        #expect(pipelines.map(\.concurrency) == [10, 1, 10])
        #expect(pipelines.map(\.mode) == [.weighted, .strict, .random])
        #expect(pipelines[0].queues == [.init("critical", weight: 6), .init("default", weight: 3), .init("low")])
        #expect(settings.notes.isEmpty)
    }

    @Test("goes through ERB")
    func erb() throws {
        let yaml = try fixture("sidekiq-erb.yml")
        var read = try settings(yaml)
        #expect(read.concurrency == 5)
        #expect(read.worker.shutdownTimeout == .seconds(25))
        #expect(read.worker.maximumRetries == 4)
        #expect(read.worker.tag == "")
        #expect(read.pipelines[0].queues.map(\.name) == ["urgent", "default", "_low"])
        #expect(read.notes.map(\.line) == [14, 16, 19])
        read = try settings(
            yaml, environment: "review",
            ["SIDEKIQ_CONCURRENCY": "9", "TIMEOUT": "40s", "MAX_RETRIES": " 1_0 ", "TAG": "web # 1", "URGENT": "now"])
        #expect(read.concurrency == 1)
        #expect(read.worker.shutdownTimeout == .seconds(40))
        #expect(read.worker.maximumRetries == 10)
        #expect(read.worker.tag == "web")
        #expect(read.pipelines[0].queues.map(\.name) == ["review"])
    }

    @Test(
        "may have its queues in any form that Sidekiq reads",
        arguments: [
            (":queues:\n  - :default\n  - 1\n", [("default", 0), ("1", 0)]),
            (":queues: [[a, 1], [b, 1]]", [("a", 1), ("b", 1)]),
            (":queues:\n  critical: 3\n  :low: 1", [("critical", 3), ("low", 1)]),
            ("queues: default", [("default", 0)]),
            ("queues:", [("default", 0)]),
            ("concurrency: 3", [("default", 0)]),
            ("", [("default", 0)]),
            ("queues: [a, b, 'a,2']", [("a", 2), ("b", 0)]),
        ])
    func queues(yaml: String, expected: [(String, Int)]) throws {
        let queues = try settings(yaml).pipelines[0].queues
        #expect(queues.map(\.name) == expected.map(\.0))
        #expect(queues.map(\.weight) == expected.map(\.1))
    }

    @Test("has the concurrency of RAILS_MAX_THREADS where it has none, else Sidekiq's")
    func concurrency() throws {
        #expect(try settings("", ["RAILS_MAX_THREADS": "7"]).makePipelines()[0].concurrency == 7)
        #expect(try settings("concurrency: 3", ["RAILS_MAX_THREADS": "7"]).makePipelines()[0].concurrency == 3)
        #expect(try settings("concurrency: <%= ENV['X'] %>").makePipelines()[0].concurrency == 5)
    }

    @Test("may have keys of the app's own when they are named, and keys of gems")
    func gems() throws {
        var settings = FlumeSettings()
        try settings.read(
            sidekiqYAML: "my_key: 1\n:limits:\n  mailers: 2\n:schedule: {}\n", ignoring: ["my_key"], variables: [:])
        #expect(settings.notes.map(\.key) == [":limits", ":schedule"])
    }

    @Test(
        "is refused with the line of what is wrong",
        arguments: [
            (":concurrency: 0", "s.yml:1: :concurrency: found 0, expected a whole number from 1 to 100000"),
            (":concurrency: five", "s.yml:1: :concurrency: found five, expected a whole number from 1 to 100000"),
            ("---\n:timeout: 0", "s.yml:2: :timeout: found 0, expected a duration of 1ms or more"),
            (":max_retries: -1", "s.yml:1: :max_retries: found -1, expected a whole number of 0 or more"),
            (":concurency: 5", "s.yml:1: :concurency: there is no such key; did you mean concurrency?"),
            (":capsule:\n  a: {queues: [b]}", "s.yml:1: :capsule: there is no such key; did you mean capsules?"),
            ("capsules:\n  a:\n    concurrency: 1", "s.yml:2: capsules.a: the capsule has no queues"),
            ("capsules:\n  a:\n    queue: b", "s.yml:3: capsules.a.queue: there is no such key; did you mean queues?"),
            (
                "queues:\n  - a: 1",
                "s.yml:2: queues[0]: found keys and values, expected a queue: its name, or [name, weight]"
            ),
            ("queues:\n  - [a, high]", "s.yml:2: queues[0][1]: found high, expected a whole number from 0 to 10000"),
            ("a: 1\n\tb: 2", "s.yml:2: not readable as YAML: "),
            (
                "\nzebra: 1",
                "s.yml:2: zebra: there is no such key; if the app itself reads it, pass ignoring: [\"zebra\"]; there are "
                    + "concurrency, queues, capsules, timeout, max_retries, tag, labels, dead_max_jobs, "
                    + "dead_timeout_in_seconds, average_scheduled_poll_interval"
            ),
        ])
    func refused(yaml: String, message: String) {
        let lines = sidekiqProblems(yaml)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix(message) == true, "\(lines)")
    }

    @Test("keeps the line numbers right around expressions of several lines")
    func lines() {
        let yaml = "<%#\n a\n b %>\ntag: <%= ENV[\n 'X'] %>\nconcurrency: 0\n"
        let message = "concurrency: found 0, expected a whole number from 1 to 100000"
        #expect(sidekiqProblems(yaml, ["X": "t"]) == ["s.yml:6: \(message)"])
        #expect(sidekiqProblems("tag: <%= ENV['X'] %>\nconcurrency: 0\n", ["X": "a\n\n  b"]) == ["s.yml:2: \(message)"])
    }

    @Test("reads environment variables over the file's concurrency and queues when asked to")
    func environment() throws {
        var settings = try settings(try fixture("sidekiq-7.yml"))
        try settings.readEnvironment(["FLUME_CONCURRENCY": "2", "FLUME_QUEUES": "only"])
        let pipelines = try settings.makePipelines()
        #expect(pipelines.map(\.concurrency) == [2, 1, 2])
        #expect(pipelines[0].queues == [.init("only")])
    }
}
