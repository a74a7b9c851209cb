// Every Swift block of README.md stands word for word in a test file, so that it compiles; `ReadmeTests`
// compares the two. Here are those of the first chapters.

import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Logging
import ServiceLifecycle
import UnixSignals

struct WelcomeEmail: Job {  // Ruby: WelcomeEmail.perform_async(42, "hello")
    static var options: JobOptions { .init(queue: "mailers", retry: .limit(5)) }
    var userID: Int, template: String  // args[0], args[1]
}

struct MyWorker {
    static func main() async throws {
        let logger = Logger(label: "my-worker")
        let redis = RedisClient(try .environment(), logger: logger)  // REDIS_URL
        let handlers = HandlerRegistry {
            Handler(for: WelcomeEmail.self) { job, context in context.logger.info("sending \(job.template)") }
        }
        let pipeline = Pipeline("main", queues: ["mailers": 3, "default": 1], concurrency: 50)
        let worker = Worker(redis: redis, handlers: handlers, pipelines: [pipeline], logger: logger)
        let group = ServiceGroup(
            services: [redis, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
    }
}

func enqueue(_ redis: RedisClient, _ users: [Int]) async throws {
    let jobs = JobClient(redis: redis)
    try await jobs.enqueue(WelcomeEmail(userID: 42, template: "hello"))
    try await jobs.enqueue(WelcomeEmail(userID: 42, template: "later"), after: .seconds(300))
    try await jobs.enqueue(contentsOf: users.map { WelcomeEmail(userID: $0, template: "news") })
    try await jobs.push(JobPayload(jobClass: "LegacyRubyJob", arguments: [1, ["a": true]], queue: "ruby"))
}

struct Mailer: Sendable {
    var calls = Calls()

    func send(_ template: String, to user: Int) async throws {}
}

struct Images: Sendable {
    func resize(_ id: Int, to sizes: [String]) async throws {}
    func giveUp(_ jid: String) async {}
}

struct Deleted: Error {}

struct Charge: Job {
    var cents: Int
}

struct ChargeHandler: JobHandler {
    var stripe: String
    func perform(_ job: Charge, context: JobContext) async throws {}
}

func handle(_ mailer: Mailer, _ images: Images, _ stripe: String) -> HandlerRegistry {
    let handlers = HandlerRegistry {
        Handler(for: WelcomeEmail.self) { job, context in
            try await mailer.send(job.template, to: job.userID)
        }
        Handler("ImageJob") { (context, id: Int, sizes: [String]) in  // a Ruby class without a Swift type
            try await images.resize(id, to: sizes)
        }
        .timeout(.seconds(30))
        .backOff(BackOff { count, error, payload in .after(.seconds(10 * (count + 1))) })
        .onExhausted { payload, error in error is Deleted ? .discard : .bury }
        .onDeath { payload, error in await images.giveUp(payload.jid ?? "") }
        Handler.raw("AnyJob") { payload, context in
            context.logger.info("got \(payload)")
        }
        ChargeHandler(stripe: stripe)  // a JobHandler with its dependencies
    }
    return handlers
}
