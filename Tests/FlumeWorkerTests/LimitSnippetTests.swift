import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker
import TestSupport
import Testing

/// The code of the README's chapter on limits.
@Suite("Limits as the README shows them")
struct LimitSnippetTests {
    private struct Response {
        var status: Int
        var retryAfter: Duration?
    }

    private static func call() async -> Response { Response(status: 429, retryAfter: .seconds(30)) }

    @Test("the snippets compile, are valid, and do what they say")
    func snippets() async throws {
        try await withProbe { probe in
            let redis = probe.client
            let pipelines = [
                Pipeline("ses", queue: "mailers", concurrency: 20)
                    .rateLimit(400, per: .seconds(1), key: "ses")
                    .maxInCluster(50, key: "ses"),
                Pipeline("sync", queue: "sync", concurrency: 10)
                    .limited(by: .tokenBucket(rate: 100, per: .seconds(60), burst: 20))
                    .limited(by: .local(.leakyBucket(5, per: .seconds(1), key: "cpu"))),
                Pipeline("tenants", queue: "tenants", concurrency: 20)
                    .rateLimit(10, per: .seconds(1), key: "tenant") { payload in
                        try payload.arguments().first?.string ?? "nobody"
                    },
            ]
            for pipeline in pipelines { try pipeline.validate() }

            let ses = try Limiter(.slidingWindow(400, per: .seconds(1), key: "ses"), redis: redis)
            try await ses.acquire()
            try await ses.change(to: .slidingWindow(200, per: .seconds(1)))
            let usage = try await ses.usage()
            #expect(usage.count == 200 && usage.available == 199)

            let handler = Handler("CallAPI") { (_, id: Int) in
                let response = await Self.call()
                if response.status == 429 { throw RateLimitedError(retryAfter: response.retryAfter) }
            }
            #expect(handler.jobClass == "CallAPI")
        }
    }
}
