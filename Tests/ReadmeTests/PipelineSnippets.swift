// The Swift blocks of the chapter "Pipelines" about limits, batches, back-off and bulks, word for word. `PipelineRunTests`
// runs them.

import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import Logging

func limits() -> [Pipeline] {
    let pipelines = [
        Pipeline("ses", queue: "mailers", concurrency: 20)
            .rateLimit(400, per: .seconds(1), key: "ses")  // starts, shared by everybody who names the key
            .maxInCluster(5),  // jobs at a time, in all processes together
        Pipeline("maps", queues: ["geo": 2, "routes": 1], concurrency: 10)
            .limited(by: .tokenBucket(rate: 50, per: .seconds(1), burst: 100, key: "maps-api"))
            .limited(by: .local(.leakyBucket(5, per: .seconds(1), key: "disk"))),  // this process alone
        Pipeline("tenants", queue: "tenants", concurrency: 20)
            .rateLimit(10, per: .seconds(1), key: "tenant") { payload in  // for each tenant by itself
                try payload.arguments().first?.string  // nil: not limited
            },
    ]
    return pipelines
}

extension Mailer {
    struct Response: Sendable {
        var status: Int
        var retryAfter: Duration?
    }

    /// The first time it is too much for it.
    func post(_ template: String, to user: Int) async throws -> Response {
        let isFirst = calls.note("\(template) to \(user)") == 0
        return isFirst ? Response(status: 429, retryAfter: .milliseconds(300)) : Response(status: 200)
    }
}

struct Stripe: Sendable {
    var calls = Calls()

    func charge(_ cents: Int) async throws { calls.note("\(cents)") }
}

func limiters(_ redis: RedisClient, _ stripe: Stripe, _ mailer: Mailer) async throws -> HandlerRegistry {
    let limiter = try Limiter(.tokenBucket(rate: 25, per: .seconds(1), burst: 50, key: "stripe"), redis: redis)
    let handlers = HandlerRegistry {
        Handler(for: Charge.self) { job, context in
            try await limiter.acquire()  // waits for its turn
            try await stripe.charge(job.cents)
        }
        Handler(for: WelcomeEmail.self) { job, context in
            let response = try await mailer.post(job.template, to: job.userID)
            if response.status == 429 { throw RateLimitedError(retryAfter: response.retryAfter) }
        }
    }
    try await limiter.change(to: .tokenBucket(rate: 10, per: .seconds(1), burst: 20))  // at once, for everybody
    return handlers
}

struct PushNotice: Job {
    var device: String
    var text: String
}

struct PushService: Sendable {
    struct Answer: Sendable {
        var isUnknownDevice = false
        var retryAfter: Duration?
    }

    var calls = Calls()

    func send(_ notices: [PushNotice]) async throws -> [Answer] {
        calls.note("send \(notices.map(\.device))")
        // Others may have called it before: documents are indexed by the same service.
        let isFirst = calls.texts.count { $0.hasPrefix("send") } == 1
        return notices.map { notice in
            Answer(
                isUnknownDevice: notice.device == "gone",
                retryAfter: notice.device == "busy" && isFirst ? .milliseconds(10) : nil)
        }
    }

    func index(_ documents: [Int]) async throws { calls.note("index \(documents)") }
}

func batches(_ service: PushService) -> (HandlerRegistry, [Pipeline]) {
    let handlers = HandlerRegistry {
        // One answer for each job, in order.
        Handler.batch(for: PushNotice.self) { batch in
            let answers = try await service.send(batch.jobs)
            return answers.map { answer in
                if let delay = answer.retryAfter { return .retry(after: delay) }
                return answer.isUnknownDevice ? .dead("unknown device") : .done
            }
        }
        // No answer: when it returns, all are done. What it throws fails all of them.
        Handler.batch("IndexJob") { batch in
            try await service.index(batch.jobs.map { try $0.arguments().first?.int ?? 0 })
        }
    }
    let pipelines = [
        Pipeline("push", queue: "push", concurrency: 5)
            .batching(size: 100, timeout: .milliseconds(200)),
        Pipeline("search", queue: "search", concurrency: 2)
            .batching(size: 500, timeout: .milliseconds(200)) { payload in
                try payload.arguments().last?.string ?? ""  // by tenant
            },
    ]
    return (handlers, pipelines)
}

func backOff() -> [Pipeline] {
    let pipelines = [
        Pipeline("ses", queue: "mailers", concurrency: 20)
            .backOff(.exponential(initial: .milliseconds(500), maximum: .seconds(10), jitter: .full))
            .maximumRetries(5),
        Pipeline("sync", queue: "sync", concurrency: 5)
            .backOff(.fixed(.seconds(30))),
    ]
    return pipelines
}

func enqueueAll(_ redis: RedisClient) async throws {
    let jobs = JobClient(redis: redis)
    let results = try await jobs.enqueueAll([
        .job(WelcomeEmail(userID: 42, template: "hello")),
        .job(WelcomeEmail(userID: 42, template: "late"), after: .seconds(300)),
        .payload(JobPayload(jobClass: "LegacyRubyJob", arguments: [1], queue: "ruby")),
    ])
    for case .enqueued(let jid) in results { print(jid) }
}
