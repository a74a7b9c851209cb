import Flume
@testable import FlumeInspector
import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Telling a process what to do")
struct TellingTests {
    private static let identity = "host:1:abc"
    private static let list = "flume:commands:host:1:abc"

    /// A process that lives and does nothing.
    private func withProcess(_ body: (RedisProbe) async throws -> Void) async throws {
        try await withProbe { probe in
            let store = JobStore(redis: probe.client, keys: KeySpace())
            let tenure = Tenure(identity: Self.identity, keys: store.keys)
            _ = try await store.hold(tenure, epoch: 1, milliseconds: 60_000)
            try await body(probe)
        }
    }

    @Test("a command that was carried out after the last look was carried out")
    func lastMoment() async throws {
        try await withProcess { probe in
            let inspector = Inspector(redis: probe.client, patience: .zero)
            let process = probe.client.sibling(name: "process")
            async let taken = {
                var command = RedisCommand("BLPOP", Self.list, "20")
                command.timeout = .seconds(25)
                return try await process.send(command)
            }()
            try await eventually("the process waits") {
                try await probe.send("CLIENT", "LIST").string?.contains("cmd=blpop") == true
            }
            try await inspector.pause(.all, in: Self.identity)
            #expect(try await taken.array?.count == 2)
            await process.close()
        }
    }

    @Test("a command that nobody takes is taken back, after the patience and when the task is cancelled")
    func takenBack() async throws {
        try await withProcess { probe in
            await #expect(throws: InspectorError.noAnswer(Self.identity)) {
                try await Inspector(redis: probe.client, patience: .zero).pause(.all, in: Self.identity)
            }
            #expect(try await probe.list(Self.list).isEmpty)
            let inspector = Inspector(redis: probe.client, patience: .seconds(60))
            let telling = Task { try await inspector.pause(.all, in: Self.identity) }
            try await eventually("it is told") { try await !probe.list(Self.list).isEmpty }
            telling.cancel()
            await #expect(throws: CancellationError.self) { try await telling.value }
            #expect(try await probe.list(Self.list).isEmpty)
        }
    }
}
