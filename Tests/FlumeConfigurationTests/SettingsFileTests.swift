import FlumeConfiguration
import FlumeRedis
import FlumeWire
import FlumeWorker
import Testing

@Suite("A YAML file of Flume's own form")
struct SettingsFileTests {
    @Test("sets everything that can be set")
    func full() throws {
        var settings = FlumeSettings()
        try settings.read(yaml: try fixture("flume.yml"), variables: ["SECRET": "a: b # c"])
        let worker = settings.worker
        #expect(worker.namespace == "{shop}")
        #expect(worker.shutdownTimeout == .seconds(40))
        #expect(worker.maximumRetries == 10)
        #expect(worker.deadSetMaximumJobs == 2000)
        #expect(worker.deadSetTimeout == .seconds(30 * 24 * 3600))
        #expect(worker.unknownClass == .forward(toQueue: "ruby"))
        #expect(worker.payloadLimits == PayloadLimits(maximumBytes: 1_000_000, maximumDepth: 50))
        #expect(worker.heartbeatInterval == .seconds(5))
        #expect(worker.leaseDuration == .seconds(15))
        #expect(worker.poisonLimit == 4)
        #expect(worker.pollInterval == .milliseconds(500))
        #expect(worker.metricsLayout == .sidekiq7)
        #expect(worker.timestampUnit == .milliseconds)
        #expect(worker.tag == "mailer")
        #expect(worker.labels == ["blue", "7"])
        #expect(worker.hostname == "worker-1")
        #expect(!worker.reportsMetrics)
        #expect(worker.signals == .besideServiceGroup)
        #expect(worker.exitsWhenStuck)
        #expect(worker.sharesWithExq)
        #expect(settings.concurrency == 12)
        #expect(settings.backOff == .exponential(initial: .milliseconds(500), maximum: .seconds(60), jitter: .none))
        let tls = RedisTLS(
            certificateAuthorityPath: "/etc/redis/ca.pem", certificatePath: "/etc/redis/client.pem",
            privateKeyPath: "/etc/redis/client.key", serverName: "redis.example", verification: .withoutHostName)
        #expect(
            settings.redis
                == RedisConfiguration(
                    address: .tcp(host: "redis.internal", port: 6380), username: "app", password: "a: b # c",
                    database: 3, tls: tls, clientName: "shop-worker", connectTimeout: .seconds(2),
                    commandTimeout: .seconds(3), keepAlive: .seconds(20),
                    backOff: RedisBackOff(base: .milliseconds(100), cap: .seconds(5)),
                    replyWatch: .microseconds(200)))
        let tenant = try #require(ArgumentPath("args[0].tenant"))
        #expect(
            settings.pipelines == [
                PipelineSettings(
                    "default", queues: [.init("critical", weight: 3), .init("default"), .init("low", weight: 1)]),
                PipelineSettings(
                    "ses", queues: [.init("mailers")], concurrency: 20,
                    rateLimit: RateLimitSettings(count: 400, per: .seconds(1), key: "ses"),
                    limits: [
                        .init(.slidingWindow(10_000, per: .seconds(24 * 3600), key: "ses-day")),
                        .init(.tokenBucket(rate: 50, per: .seconds(1), burst: 100, key: "maps-api")),
                        .init(.concurrency(2, key: "tenant"), by: tenant),
                    ],
                    batch: BatchSettings(size: 10, timeout: .milliseconds(500), by: tenant), maximumInCluster: 5,
                    maximumRetries: 3, backOff: .exponential(initial: .seconds(1), maximum: .seconds(120))),
                PipelineSettings(
                    "imports", queues: [.init("imports", weight: 2), .init("exports", weight: 1)],
                    limits: [.init(.local(.leakyBucket(5, per: .seconds(1), key: "disk")))],
                    backOff: .fixed(.seconds(30))),
            ])
        let pipelines = try settings.makePipelines()
        #expect(pipelines.map(\.name) == ["default", "ses", "imports"])
        #expect(pipelines.map(\.concurrency) == [12, 20, 12])
        #expect(pipelines.map(\.mode) == [.weighted, .strict, .weighted])
        let limits: [RateLimit] = [
            .slidingWindow(400, per: .seconds(1), key: "ses"), .concurrency(5),
            .slidingWindow(10_000, per: .seconds(24 * 3600), key: "ses-day"),
            .tokenBucket(rate: 50, per: .seconds(1), burst: 100, key: "maps-api"),
        ]
        let local = RateLimit.local(.leakyBucket(5, per: .seconds(1), key: "disk"))
        #expect(pipelines.map(\.limits) == [[], limits, [local]])
        #expect(pipelines.map(\.batchRule?.size) == [nil, 10, nil])
        #expect(pipelines[1].batchRule?.timeout == .milliseconds(500))
        for pipeline in pipelines { try pipeline.validate() }
    }

    @Test("leaves alone what it does not mention")
    func overlay() throws {
        var settings = FlumeSettings()
        settings.worker.tag = "from code"
        settings.pipelines = [PipelineSettings("mine", queues: [.init("q")], concurrency: 3)]
        try settings.read(yaml: "namespace: app\nredis:\n  database: 4\n", variables: [:])
        #expect(settings.worker.tag == "from code")
        #expect(settings.worker.namespace == "app")
        #expect(settings.redis.database == 4)
        #expect(settings.redis.address == .tcp(host: "127.0.0.1", port: 6379))
        #expect(settings.pipelines.map(\.name) == ["mine"])
        try settings.read(yaml: "# nothing but a comment\n", variables: [:])
        #expect(settings.worker.namespace == "app")
    }

    @Test("says the same as a configuration of Flume for Elixir with the old numbers in the old units")
    func elixir() throws {
        var settings = FlumeSettings()
        try settings.read(yaml: try fixture("elixir-flume.yml"), variables: ["REDIS_HOST": "10.0.0.7"])
        #expect(settings.redis.address == .tcp(host: "10.0.0.7", port: 6379))
        #expect(settings.redis.commandTimeout == .seconds(5))
        #expect(settings.backOff == .exponential(initial: .milliseconds(500), maximum: .seconds(10)))
        #expect(settings.pipelines.map(\.concurrency) == [1000, 500])
        #expect(settings.pipelines[1].rateLimit == RateLimitSettings(count: 1000, per: .seconds(5), key: "ses"))
        #expect(settings.pipelines[1].batch == BatchSettings(size: 10, timeout: .seconds(1)))
    }

    @Test("takes a URL first, whatever the order, and Sentinels in a list")
    func redis() throws {
        var settings = FlumeSettings()
        try settings.read(
            yaml: """
                redis:
                  database: 7
                  tls: {ca: /ca.pem}
                  url: rediss://:secret@redis.example/1
                """, variables: [:])
        #expect(settings.redis.database == 7)
        #expect(settings.redis.password == "secret")
        #expect(settings.redis.tls == RedisTLS(certificateAuthorityPath: "/ca.pem"))
        try settings.read(
            yaml: """
                redis:
                  sentinel:
                    primary: shop
                    endpoints: ["s1:26380", s2, "[::1]:5"]
                    username: watcher
                    password: seen
                """, variables: [:])
        #expect(
            settings.redis.address
                == .sentinel(
                    RedisSentinel(
                        endpoints: [.init(host: "s1", port: 26380), .init(host: "s2"), .init(host: "::1", port: 5)],
                        primaryName: "shop", username: "watcher", password: "seen")))
        try settings.read(yaml: "redis:\n  unix_socket: /run/redis.sock\n  tls: false", variables: [:])
        #expect(settings.redis.address == .unix(path: "/run/redis.sock"))
        #expect(settings.redis.tls == nil)
    }

    @Test("puts in environment variables, which never change the shape of the file")
    func substitution() throws {
        var settings = FlumeSettings()
        try settings.read(
            yaml: """
                tag: ${A}-${B:-b}-$${A}-$5
                hostname: "${C}"
                concurrency: "${N}"
                labels: ["${EMPTY:-x: [}"]
                """, variables: ["A": "[a, b]", "C": "{}", "N": "8", "EMPTY": ""])
        #expect(settings.worker.tag == "[a, b]-b-${A}-$5")
        #expect(settings.worker.hostname == "{}")
        #expect(settings.worker.labels == ["x: ["])
        #expect(settings.concurrency == 8)
        #expect(
            problems("tag: x\nhostname: ${NO}\nlabels: [a, '${X:y}']\nnamespace: ${unclosed") == [
                "f.yml:2: hostname: the variable NO is not set; ${NO:-default} would give a default",
                "f.yml:3: labels[1]: ${X:y} is not a variable; write ${VAR} or ${VAR:-default}",
                "f.yml:4: namespace: a ${ is not closed; a variable is written ${VAR} or ${VAR:-default}",
            ])
    }

    @Test("is read from disk, and a file that is not there is named")
    func missing() throws {
        let lines = problems { settings throws(ConfigurationError) in try settings.read(file: "/nowhere/flume.yml") }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("/nowhere/flume.yml: the file cannot be read") == true)
    }
}
