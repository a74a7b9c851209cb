import FlumeConfiguration
import FlumeRedis
import FlumeWorker
import Testing

@Suite("The environment")
struct EnvironmentTests {
    private func settings(
        _ variables: [String: String], over settings: FlumeSettings = .init()
    ) throws -> FlumeSettings {
        var settings = settings
        try settings.readEnvironment(variables)
        return settings
    }

    @Test("says where Redis is by Sidekiq's rules, and Flume's own variables refine it")
    func redis() throws {
        #expect(try settings([:]).redis == RedisConfiguration())
        #expect(try settings(["REDIS_URL": "redis://h:1/2"]).redis.address == .tcp(host: "h", port: 1))
        let read = try settings([
            "REDIS_PROVIDER": "CLOUD_URL", "CLOUD_URL": "rediss://:secret@cloud:6380", "REDIS_URL": "redis://other",
            "FLUME_REDIS_TLS_CA": "/ca.pem", "FLUME_REDIS_COMMAND_TIMEOUT": "9s", "FLUME_REDIS_DATABASE": "4",
        ])
        #expect(
            read.redis
                == RedisConfiguration(
                    address: .tcp(host: "cloud", port: 6380), password: "secret", database: 4,
                    tls: RedisTLS(certificateAuthorityPath: "/ca.pem"), commandTimeout: .seconds(9)))
        let sentinels = try settings([
            "FLUME_REDIS_SENTINEL_ENDPOINTS": "a:1, b", "FLUME_REDIS_SENTINEL_PRIMARY": "shop",
        ])
        #expect(
            sentinels.redis.address
                == .sentinel(.init(endpoints: [.init(host: "a", port: 1), .init(host: "b")], primaryName: "shop")))
    }

    @Test(
        "refuses what looks like a URL where an address alone belongs, and quotes nothing of it",
        arguments: [
            "FLUME_REDIS_SENTINEL_ENDPOINTS", "FLUME_REDIS_HOST", "FLUME_REDIS_UNIX_SOCKET",
        ],
        [
            "redis://:secret@h1", "redis://:secret@h1:26379", "user:secret@h1", "user:secret@h1:99999",
            "unix://:secret@/run/r",
        ])
    func credentials(variable: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try settings([variable: value]) }
        #expect(error?.description.contains("secret") == false, "\(error?.description ?? "")")
        #expect(error?.description.contains("redis.url") == true, "\(error?.description ?? "")")
    }

    @Test("refuses a URL as the name of a primary, and quotes nothing of it")
    func primary() {
        let error = #expect(throws: ConfigurationError.self) {
            try settings([
                "FLUME_REDIS_SENTINEL_ENDPOINTS": "a", "FLUME_REDIS_SENTINEL_PRIMARY": "redis://:secret@h/shop",
            ])
        }
        #expect(error?.description.contains("secret") == false, "\(error?.description ?? "")")
    }

    @Test("a Unix socket may have an @ in its path, as systemd's instances have")
    func instance() throws {
        let read = try settings(["FLUME_REDIS_UNIX_SOCKET": "/run/redis@6379/redis.sock"])
        #expect(read.redis.address == .unix(path: "/run/redis@6379/redis.sock"))
    }

    @Test("keeps the certificates of a file when it brings another URL")
    func certificates() throws {
        var file = FlumeSettings()
        try file.read(
            yaml: "redis: {url: 'rediss://a', connect_timeout: 1s, tls: {ca: /ca.pem, verify: without_host_name}}",
            variables: [:])
        let read = try settings(["REDIS_URL": "rediss://b"], over: file)
        #expect(read.redis.address == .tcp(host: "b", port: 6379))
        #expect(read.redis.tls == RedisTLS(certificateAuthorityPath: "/ca.pem", verification: .withoutHostName))
        #expect(read.redis.connectTimeout == .seconds(1))
        #expect(try settings(["REDIS_URL": "redis://b"], over: file).redis.tls == nil)
    }

    @Test("sets what a file sets, in variables of the same name")
    func worker() throws {
        let read = try settings([
            "FLUME_NAMESPACE": "app", "FLUME_SHUTDOWN_TIMEOUT": "7s", "FLUME_LABELS": "a, b,", "FLUME_TAG": "",
            "FLUME_EXITS_WHEN_STUCK": "1", "FLUME_UNKNOWN_CLASS": "dead", "FLUME_BACKOFF_MAX": "2000",
            "RAILS_MAX_THREADS": "3",
        ])
        #expect(read.worker.namespace == "app")
        #expect(read.worker.shutdownTimeout == .seconds(7))
        #expect(read.worker.labels == ["a", "b"])
        #expect(read.worker.exitsWhenStuck)
        #expect(read.worker.unknownClass == .dead)
        #expect(read.backOff == .exponential(initial: .milliseconds(500), maximum: .seconds(2)))
        #expect(read.concurrency == 3)
        #expect(try settings(["RAILS_MAX_THREADS": "3", "FLUME_CONCURRENCY": "4"]).concurrency == 4)
    }

    @Test("sets pipelines in one line each")
    func pipelines() throws {
        let read = try settings([
            "FLUME_PIPELINES":
                "name=ses,queue=mailers,concurrency=20,limit=400/1000ms,key=ses,batch=10/500ms,max-in-cluster=5; "
                + "name=default,queues=critical:3 default:1,backoff=exponential,backoff_max=5s;"
        ])
        #expect(
            read.pipelines == [
                PipelineSettings(
                    "ses", queues: [.init("mailers")], concurrency: 20,
                    rateLimit: .init(count: 400, per: .seconds(1), key: "ses"),
                    batch: .init(size: 10, timeout: .milliseconds(500)), maximumInCluster: 5),
                PipelineSettings(
                    "default", queues: [.init("critical", weight: 3), .init("default", weight: 1)],
                    backOff: .exponential(initial: .milliseconds(500), maximum: .seconds(5))),
            ])
        #expect(
            try settings(["FLUME_QUEUES": "a:2, b"]).pipelines
                == [PipelineSettings("default", queues: [.init("a", weight: 2), .init("b")])])
    }

    @Test("sets every kind of limit in words, with a plus between two")
    func limits() throws {
        let read = try settings([
            "FLUME_PIPELINES":
                "name=a,queue=b,batch=1/1s,batch-by=args[1],backoff_initial=1s,backoff_max=none,backoff_jitter=none,"
                + "limits=sliding_window 400 per 1s + token_bucket 50 per 1s burst 100 key maps + "
                + "leaky_bucket 5 per 1000 key disk local + concurrency 3 by args[0]"
        ])
        let pipeline = try #require(read.pipelines.first)
        #expect(
            pipeline.limits == [
                .init(.slidingWindow(400, per: .seconds(1))),
                .init(.tokenBucket(rate: 50, per: .seconds(1), burst: 100, key: "maps")),
                .init(.local(.leakyBucket(5, per: .seconds(1), key: "disk"))),
                .init(.concurrency(3), by: ArgumentPath("args[0]")),
            ])
        #expect(pipeline.batch == BatchSettings(size: 1, timeout: .seconds(1), by: ArgumentPath("args[1]")))
        #expect(pipeline.backOff == .exponential(initial: .seconds(1), maximum: nil, jitter: .none))
        for pipeline in try read.makePipelines() { try pipeline.validate() }
    }

    @Test(
        "names a limit that is wrong",
        arguments: [
            ("sliding_window", "sliding_window has no value; write pairs such as sliding_window 400 per 1s"),
            ("sliding_window 400", "it says nothing without per, such as 1s"),
            ("token_bucket 5 per 1s burst 5 burst 6", "burst is there twice in one limit; a + stands between two"),
            ("+", "found a list, expected a list of limits, each with "),
        ])
    func wrongLimit(text: String, message: String) {
        let lines = problems { settings throws(ConfigurationError) in
            try settings.readEnvironment(["FLUME_PIPELINES": "name=a,queue=b,limits=\(text)"])
        }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("FLUME_PIPELINES limits") == true)
        #expect(lines.first?.contains(message) == true, "\(lines)")
    }

    @Test(
        "is refused where it is wrong, by the variable's name",
        arguments: [
            ("FLUME_CONCURRENCY", "none", "FLUME_CONCURRENCY: found none, expected a whole number from 1 to 100000"),
            ("RAILS_MAX_THREADS", "0", "RAILS_MAX_THREADS: found 0, expected a whole number from 1 to 100000"),
            ("FLUME_CONCURENCY", "5", "FLUME_CONCURENCY: there is no such variable; did you mean FLUME_CONCURRENCY?"),
            ("FLUME_QUEUES", "a:x", "FLUME_QUEUES: found x, expected a whole number from 0 to 10000"),
            ("FLUME_QUEUES", ":1", "FLUME_QUEUES: the name of a queue is empty"),
            ("FLUME_PIPELINES", "name=a", "FLUME_PIPELINES: the pipeline a needs a queue, or queues"),
            ("FLUME_PIPELINES", "name=a,queue=b;name=a,queue=c", "FLUME_PIPELINES: there is another pipeline named a"),
            ("FLUME_PIPELINES", "name", "FLUME_PIPELINES name: found name, expected key=value"),
            ("FLUME_PIPELINES", "name=a,name=b", "FLUME_PIPELINES name: it is there twice"),
            ("FLUME_PIPELINES", "nam=a", "FLUME_PIPELINES nam: there is no such key; did you mean name?"),
            (
                "FLUME_PIPELINES", "name=a,queue=b,limit=0/1s",
                "FLUME_PIPELINES limit: found 0, expected a whole number of 1 or more"
            ),
            (
                "FLUME_PIPELINES", "name=a,queue=b,batch=5",
                "FLUME_PIPELINES batch: found 5, expected a count and a time such as 10/500ms"
            ),
            (
                "REDIS_URL", "http://secret",
                "REDIS_URL: the Redis URL is wrong: it must begin with redis://, rediss://, unix:// or redis+sentinel://"
            ),
            (
                "REDIS_PROVIDER", "NOBODY",
                "REDIS_PROVIDER: REDIS_PROVIDER names the variable NOBODY, and there is no such variable"
            ),
        ])
    func refused(name: String, value: String, message: String) {
        #expect(
            problems { settings throws(ConfigurationError) in try settings.readEnvironment([name: value]) }
                == ["environment: \(message)"])
    }

    @Test("may have variables of others that begin like Flume's")
    func others() throws {
        let read = try settings(["FLUME_HOME": "/opt/apache-flume", "OTHER": "x"])
        #expect(read.notes.map(\.description) == ["environment: FLUME_HOME: Flume has no such variable"])
    }
}
