import FlumeConfiguration
import FlumeWorker
import Testing

@Suite("A mistake in a YAML file of Flume's own form")
struct SettingsFileErrorTests {
    @Test(
        "is named with file, line and key",
        arguments: [
            ("concurrency: 0", "f.yml:1: concurrency: found 0, expected a whole number from 1 to 100000"),
            ("concurrency: -3", "f.yml:1: concurrency: found -3, expected a whole number from 1 to 100000"),
            ("concurrency: many", "f.yml:1: concurrency: found many, expected a whole number from 1 to 100000"),
            ("concurrency: 2.5", "f.yml:1: concurrency: found 2.5, expected a whole number from 1 to 100000"),
            ("concurrency: 010", "f.yml:1: concurrency: found 010, expected a whole number from 1 to 100000"),
            (
                "concurrency: '5'",
                "f.yml:1: concurrency: found the text \"5\", expected a whole number from 1 to 100000, without quotes"
            ),
            ("concurrency: [5]", "f.yml:1: concurrency: found a list, expected a whole number from 1 to 100000"),
            ("concurrency:", "f.yml:1: concurrency: found nothing, expected a whole number from 1 to 100000"),
            ("max_retries: -1", "f.yml:1: max_retries: found -1, expected a whole number of 0 or more"),
            ("redis:\n  port: 70000", "f.yml:2: redis.port: found 70000, expected a whole number from 1 to 65535"),
            ("redis: redis://x", "f.yml:1: redis: found a value (not shown), expected keys and values"),
            ("redis:\n  tls: maybe", "f.yml:2: redis.tls: found maybe, expected true or false"),
            (
                "redis:\n  tls:\n    verify: all",
                "f.yml:3: redis.tls.verify: found all, expected full, without_host_name or none"
            ),
            (
                "redis:\n  sentinel:\n    primary: a",
                "f.yml:3: redis.sentinel.primary: there are no Sentinels: set redis.sentinel.endpoints too"
            ),
            (
                "redis:\n  sentinel:\n    endpoints: [a:b]",
                "f.yml:3: redis.sentinel.endpoints: found a:b, expected host:port with a port from 1 to 65535"
            ),
            (
                "redis:\n  username: app",
                "f.yml:2: redis.username: there is a user but no password: set redis.password too"
            ),
            (
                "shutdown_timeout: 25",
                "f.yml:1: shutdown_timeout: 25 has no unit: write 25s or 25ms "
                    + "(Sidekiq's timeout is in seconds, Exq's shutdown_timeout in milliseconds)"
            ),
            ("lease_duration: 10", "f.yml:1: lease_duration: 10 has no unit: write 10s or 10ms"),
            ("lease_duration: 10ms", "f.yml:1: lease_duration: found 10ms, expected a duration of 1s or more"),
            ("heartbeat_interval: 10", "f.yml:1: heartbeat_interval: found 10, expected a duration of 1s or more"),
            ("poll_interval: 0s", "f.yml:1: poll_interval: found 0s, expected a duration of 1ms or more"),
            ("poll_interval: -1s", "f.yml:1: poll_interval: found -1s, expected a duration such as 10s or 500ms"),
            (
                "poll_interval: 5 weeks",
                "f.yml:1: poll_interval: found 5 weeks, expected a duration with the unit ms, s, m, h or d"
            ),
            (
                "dead_timeout: 9999999d",
                "f.yml:1: dead_timeout: found 9999999d, expected a duration of 100 years at most"
            ),
            (
                "unknown_class: drop",
                "f.yml:1: unknown_class: found drop, expected retry, dead or forward:NAME_OF_A_QUEUE"
            ),
            (
                "namespace: 'app:'",
                "f.yml:1: namespace: found the text \"app:\", expected the namespace without the colon at its end, which Flume adds"
            ),
            ("hostname: ' '", "f.yml:1: hostname: found the text \" \", expected text that is not empty"),
            (
                "backoff: linear",
                "f.yml:1: backoff: found linear, expected standard, exponential, or a duration such as 10s for a fixed back-off"
            ),
            (
                "backoff_initial: 5s\nbackoff_max: 1s",
                "f.yml:2: backoff_max: found 1s, expected 5s or more, as the initial delay is that long"
            ),
            (
                "backoff: standard\nbackoff_max: 5s",
                "f.yml:2: backoff_max: it is only for an exponential back-off, and backoff is standard"
            ),
            (
                "backoff: 10s\nbackoff_jitter: none",
                "f.yml:2: backoff_jitter: it is only for an exponential back-off, and backoff is 10s"
            ),
            ("backoff_jitter: half", "f.yml:1: backoff_jitter: found half, expected full or none"),
            ("shares_with_exq: exq", "f.yml:1: shares_with_exq: found exq, expected true or false"),
            ("- a", "f.yml:1: found a list, expected keys and values"),
        ])
    func value(yaml: String, message: String) {
        #expect(problems(yaml) == [message])
    }

    @Test(
        "in a pipeline is named with its line too",
        arguments: [
            (
                "rate_limit_count: 0\n    rate_limit_scale: 1s", 4,
                "rate_limit_count: found 0, expected a whole number of 1 or more"
            ),
            ("rate_limit_count: 5", 4, "rate_limit_count: it says nothing without rate_limit_scale, such as 1s"),
            ("rate_limit_scale: 5", 4, "rate_limit_scale: it says nothing without rate_limit_count"),
            ("rate_limit_key: ses", 4, "rate_limit_key: it says nothing without rate_limit_count"),
            (
                "rate_limit_count: 1\n    rate_limit_scale: 0", 5,
                "rate_limit_scale: found 0, expected a duration of 1ms or more"
            ),
            (
                "rate_limit_count: 1\n    rate_limit_scale: 1s\n    rate_limit_key: ''", 6,
                "rate_limit_key: found the text \"\", expected text that is not empty"
            ),
            ("batch_size: 0", 4, "batch_size: found 0, expected a whole number of 1 or more"),
            ("batch_timeout: 1s", 4, "batch_timeout: it says nothing without batch_size"),
            ("batch_by: args[0]", 4, "batch_by: it says nothing without batch_size"),
            (
                "batch_size: 10\n    batch_by: tenant", 5,
                "batch_by: found tenant, expected a place among the arguments such as args[0] or args[1].tenant"
            ),
            (
                "rate_limit_count: 1\n    rate_limit_scale: 367d", 5,
                "rate_limit_scale: found 367d, expected a duration of 366d at most"
            ),
            ("batch_size: 10\n    batch_timeout: 100", 5, "batch_timeout: 100 has no unit: write 100s or 100ms"),
            ("max_in_cluster: 0", 4, "max_in_cluster: found 0, expected a whole number of 1 or more"),
            (
                "backoff: standard\n    backoff_max: 5s", 5,
                "backoff_max: it is only for an exponential back-off, and backoff is standard"
            ),
            ("batchsize: 5", 4, "batchsize: there is no such key; did you mean batch_size?"),
            (
                "max_demand: 5", 4, "max_demand: it is called concurrency here"
            ),
            ("queues: [b]", 4, "queues: write either queue or queues"),
        ])
    func pipeline(lines: String, line: Int, message: String) {
        let yaml = "pipelines:\n  - name: p\n    queue: q\n    \(lines)\n"
        #expect(problems(yaml) == ["f.yml:\(line): pipelines[0].\(message)"])
    }

    @Test(
        "in the queues is named",
        arguments: [
            ("[a, a]", "queues[1]: the queue a is there twice"),
            ("[[a, b]]", "queues[0][1]: found b, expected a whole number from 0 to 10000"),
            ("[[a, -1]]", "queues[0][1]: found -1, expected a whole number from 0 to 10000"),
            ("[[a, 1, 2]]", "queues[0]: a queue is its name, or [name, weight]"),
            ("[{a: 1}]", "queues[0]: found keys and values, expected a queue: its name, or [name, weight]"),
            ("['']", "queues[0]: found the text \"\", expected text that is not empty"),
            ("[]", "queues: found a list, expected at least one queue"),
            ("", "queues: found nothing, expected a list of queues"),
        ])
    func queues(value: String, message: String) {
        #expect(problems("pipelines:\n  - name: p\n    queues: \(value)\n") == ["f.yml:3: pipelines[0].\(message)"])
    }

    @Test("is an unknown key, for which the nearest known one is suggested")
    func unknownKeys() {
        #expect(
            problems("concurency: 5\nredis:\n  ulr: x\nvisibility_timeout: 600\nzebra: 1\n").map { $0.prefix(60) } == [
                "f.yml:1: concurency: there is no such key; did you mean concurrency?".prefix(60),
                "f.yml:3: redis.ulr: there is no such key; did you mean url?",
                "f.yml:4: visibility_timeout: it is called lease_duration here".prefix(60),
                "f.yml:5: zebra: there is no such key; there are pipelines, redis, namespace".prefix(60),
            ])
    }

    @Test("does not hide others, and changes nothing")
    func all() {
        var settings = FlumeSettings()
        settings.worker.tag = "old"
        let yaml = """
            tag: new
            concurrency: 0
            pipelines:
              - name: a
                queue: q
              - name: a
                queue: q
              - queue: q
              - name: b
              - 5
            labels: {}
            """
        #expect(
            problems { other throws(ConfigurationError) in
                try settings.read(yaml: yaml, named: "f.yml", variables: [:])
                other = settings
            } == [
                "f.yml:2: concurrency: found 0, expected a whole number from 1 to 100000",
                "f.yml:6: pipelines[1]: there is another pipeline named a",
                "f.yml:8: pipelines[2]: a pipeline needs a name",
                "f.yml:9: pipelines[3]: the pipeline b needs a queue, or queues",
                "f.yml:10: pipelines[4]: found 5, expected keys and values",
                "f.yml:11: labels: found keys and values, expected a list of texts",
            ])
        #expect(settings.worker.tag == "old")
    }

    @Test(
        "of YAML itself is named with its line",
        arguments: [("a: 1\nb: [1, 2\n", 3), ("tag: x\n\tlabels: y", 2), ("a: *nobody", 1), ("tag: a\ntag: b", 1)])
    func syntax(yaml: String, line: Int) {
        let lines = problems(yaml)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("f.yml:\(line): ") == true, "\(lines)")
    }

    @Test("never shows a password")
    func secrets() {
        let yaml = """
            redis:
              url: redis://app:topsecret@host:port
              password: [topsecret]
              sentinel: {endpoints: [a], password: {a: topsecret}}
            """
        let lines = problems(yaml)
        #expect(lines.count == 3)
        #expect(!lines.joined().contains("topsecret"), "\(lines)")
    }

    @Test("in values that were set in code is found when the pipelines are made")
    func code() {
        let lines = problems { settings throws(ConfigurationError) in
            settings.concurrency = 0
            settings.pipelines = [
                PipelineSettings("a", queues: []),
                PipelineSettings(
                    "a", queues: [.init("")], concurrency: -1, rateLimit: .init(count: 0, per: .zero, key: ""),
                    batch: .init(size: 0, timeout: .zero), maximumInCluster: 0, maximumRetries: -1,
                    backOff: .exponential(initial: .seconds(2), maximum: .seconds(1))),
            ]
            _ = try settings.makePipelines()
        }
        #expect(lines.count == 13, "\(lines)")
        #expect(lines.contains("code: pipeline \"a\" batch.size: 0 is less than 1"))
        #expect(lines.contains("code: pipeline \"a\" rateLimit.key: it is empty; leave it out for the pipeline's name"))
    }

    @Test("never traps, wherever a file is cut off")
    func cut() throws {
        for name in ["flume.yml", "sidekiq-6.yml", "sidekiq-7.yml", "sidekiq-erb.yml"] {
            let text = try fixture(name)
            for length in stride(from: 0, to: text.count, by: 23) {
                _ = problems(String(text.prefix(length)))
                _ = problems(String(text.suffix(length)))
                _ = sidekiqProblems(String(text.prefix(length)))
                _ = sidekiqProblems(String(text.suffix(length)))
            }
        }
    }
}
