import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

/// A store and a probe on the same empty database.
struct StoreFixture {
    let store: JobStore
    let probe: RedisProbe

    init(_ probe: RedisProbe, limits: DeadSetLimits = .init()) {
        self.probe = probe
        store = JobStore(redis: probe.client, keys: KeySpace(), deadSetLimits: limits)
    }

    /// A process that holds its lease with epoch 1.
    func tenure(_ identity: String = "host:1:abc", milliseconds: Int = 60_000) async throws -> Tenure {
        let tenure = Tenure(identity: identity, keys: store.keys)
        _ = try await store.hold(tenure, epoch: 1, milliseconds: milliseconds)
        return tenure
    }

    /// One fetch with the whole count as the quota of each queue, unless quotas are given.
    func fetch(
        _ tenure: Tenure, _ count: Int, from queues: [String], quotas: [Int]? = nil, epoch: Int = 1, first: Int = 1
    ) async throws -> FetchReply {
        let sources = queues.enumerated().map { index, name in
            FetchRequest.Source(queue: QueueKey(name, keys: store.keys), quota: quotas?[index] ?? count)
        }
        return try await store.fetch(
            FetchRequest(epoch: epoch, firstSequence: first, count: count, sources: sources),
            leaseMilliseconds: 60_000, tenure: tenure)
    }

    /// Puts jobs in flight.
    func inflight(_ payloads: [String], of tenure: Tenure, from queue: String = "q") async throws -> [Delivery] {
        try await probe.enqueue(payloads, to: queue)
        return try await fetch(tenure, payloads.count, from: [queue]).deliveries
    }

    /// Three jobs of 40 MB in the queue `q`: two are more than fits into a reply, by the bound that fetches keep.
    func enqueueHuge() async throws {
        for letter in "abc" {
            try await probe.enqueue(bytes: bytes(String(repeating: letter, count: 40 << 20)), to: "q")
        }
    }

    /// The in-flight record of a process.
    func record(_ tenure: Tenure) async throws -> [String: String] {
        try await probe.hash(store.keys.inflight(tenure.identity))
    }
}

/// Runs a test with a store on an empty database.
func withStore(limits: DeadSetLimits = .init(), _ body: (StoreFixture) async throws -> Void) async throws {
    try await withProbe { try await body(StoreFixture($0, limits: limits)) }
}

/// Runs a test with a store on a server whose memory is full, from the moment `fill` is called.
func withFullServer(_ body: (StoreFixture, _ fill: () async throws -> Void) async throws -> Void) async throws {
    try await withRedisServer { server in
        let probe = try RedisProbe(url: server.url())
        try await body(StoreFixture(probe)) {
            try await probe.send("CONFIG", "SET", "maxmemory", "1")
            await #expect(throws: RedisError.self) { try await probe.send("SET", "x", "y") }
        }
        await probe.client.close()
    }
}

extension FetchReply {
    /// What it brought; nothing when the lease was not held.
    var deliveries: [Delivery] {
        if case .held(let deliveries, _, _) = self { deliveries } else { [] }
    }

    /// The payloads as text.
    var payloads: [String] { deliveries.map(\.text) }

    /// One word for the verdict.
    var verdict: String {
        switch self {
        case .held, .admitted: "held"
        case .lapsed: "lapsed"
        case .stale: "stale"
        case .buried: "buried"
        }
    }
}

extension Delivery {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
