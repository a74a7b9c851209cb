import FlumeRedis
import FlumeWire
import Foundation
import TestSupport

@testable import FlumeStore

/// The scripts of limits on a clock that the test moves: no waiting, the same every time for a seed.
///
/// They are those of the sources, but for the one function that reads Redis's clock: it reads the key `clock`.
struct SimulatedLimits {
    /// What `acquire.lua` said.
    struct Answer {
        var granted: Int
        /// Which limit has no room, from 1; 0 for none.
        var stopping: Int
        var wait: Int
        /// How much later than now a start may come.
        var margin: Int
    }

    /// What `usage.lua` said.
    struct Usage {
        var count: Int
        var room: Int
        var wait: Int
    }

    let probe: RedisProbe
    let keys = KeySpace(namespace: "")
    /// In microseconds.
    private(set) var now = 1_800_000_000_000_000
    private let scripts: [String: RedisScript]

    init(on probe: RedisProbe) async throws {
        self.probe = probe
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/FlumeStore/Limit")
        let clock = "\nfunction limits.now() return tonumber(redis.call('GET', 'clock')) end\n"
        var scripts: [String: RedisScript] = [:]
        for name in ["acquire", "usage", "backoff", "admit", "unpark"] {
            let file = folder.appending(path: "\(name).lua").standardizedFileURL
            let source = JobStore.limitLibrary + Array(clock.utf8) + Array(try Data(contentsOf: file))
            scripts[name] = RedisScript(name: "simulated \(name)", source: source)
        }
        self.scripts = scripts
        try await advance(by: 0)
    }

    mutating func advance(by microseconds: Int) async throws {
        now += microseconds
        try await probe.send("SET", "clock", "\(now)")
    }

    func run(
        _ name: String, keys: [String], _ arguments: (inout RedisCommand) -> Void
    ) async throws -> [RedisReply] {
        guard let script = scripts[name] else { throw TestSupportError("no script \(name)") }
        let reply = try await probe.client.evaluate(script, keys: keys, arguments: arguments)
        guard let parts = reply.array else { return [reply] }
        return parts
    }

    func acquire(
        _ wanted: Int, enough: Int = 1, of limits: [Limit], slot: (name: String, life: Int) = ("", 0),
        patience: Int = 1, refunds: [Int: Int] = [:]
    ) async throws -> Answer {
        let gate = FlumeStore.Gate(limits)
        let parts = try await run("acquire", keys: gate.keyNames) { command in
            command.append(wanted)
            command.append(enough)
            command.append(slot.name)
            command.append(slot.life)
            command.append(refunds.map { "\($0.key)*\($0.value)" }.joined(separator: " "))
            gate.append(to: &command, patience: patience)
        }.map { $0.integer ?? -1 }
        guard parts.count == 6, parts[5] == now else { throw TestSupportError("\(parts)") }
        return Answer(granted: parts[0], stopping: parts[1], wait: parts[2], margin: parts[3])
    }

    func usage(of limit: Limit) async throws -> Usage {
        let gate = FlumeStore.Gate([limit])
        let parts = try await run("usage", keys: gate.keyNames) { gate.append(to: &$0, patience: 1) }
        guard parts.count == 6 else { throw TestSupportError("\(parts)") }
        return Usage(count: parts[1].integer ?? -1, room: parts[4].integer ?? -1, wait: parts[5].integer ?? -1)
    }

    /// - Returns: whether that changed anything.
    func backOff(_ limit: Limit, pause: Int = 0) async throws -> Bool {
        try await run("backoff", keys: [limit.settingsKey, limit.backOffKey]) { command in
            command.append(pause)
            limit.numbers.append(to: &command)
        }.first?.integer == 1
    }
}
