import Flume
import FlumeRedis
import FlumeWire
import TestSupport
import Testing

struct WelcomeEmail: Job {
    static var options: JobOptions { .init(queue: "mailers", retry: .limit(5)) }
    var userID: Int
    var template: String
    var note: String?
}

struct PlainJob: Job {
    var value: Double
}

/// A job nested deeper than its number says.
struct DeepJob: Job {
    indirect enum Nest: Codable, Sendable {
        case leaf
        case level(Nest)

        init(depth: Int) { self = depth == 0 ? .leaf : .level(Nest(depth: depth - 1)) }

        init(from decoder: any Decoder) throws { self = .leaf }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            if case .level(let inner) = self { try container.encode(inner) }
        }
    }

    var nest: Nest
}

extension RedisProbe {
    /// A client on the same database.
    func jobs(
        middleware: [any ClientMiddleware] = [], unit: Timestamp.Unit = .floatSeconds, limits: PayloadLimits = .default
    ) -> JobClient {
        JobClient(redis: client, middleware: middleware, timestampUnit: unit, limits: limits)
    }

    /// Expects that nothing was written.
    func expectEmpty(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let keys = try await send("KEYS", "*").array?.compactMap(\.string)
        #expect(keys == [], sourceLocation: sourceLocation)
    }

    /// The payloads in a queue, the next to run first.
    func payloads(_ queue: String) async throws -> [JobPayload] {
        try await self.queue(queue).map { try JobPayload(parsing: Array($0.utf8)) }
    }
}

/// A middleware made of a closure.
struct Middleware: ClientMiddleware {
    typealias Next = (JobPayload) async throws -> JobPayload?

    let body: @Sendable (JobPayload, Next) async throws -> JobPayload?

    init(_ body: @escaping @Sendable (JobPayload, Next) async throws -> JobPayload?) { self.body = body }

    func push(_ payload: JobPayload, next: Next) async throws -> JobPayload? { try await body(payload, next) }
}

struct Refusal: Error {}
