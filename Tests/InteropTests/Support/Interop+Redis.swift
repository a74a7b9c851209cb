import FlumeWire
import Foundation
import TestSupport

/// What a test reads from Redis, and the one thing it changes there: when a job is due.
extension Interop {
    /// What `EchoJob` writes in both runtimes.
    struct Echo: Decodable, Equatable {
        var jid: String
        var queue: String
        var args: JSONValue
    }

    private func lines(_ reply: String) -> [String] {
        reply.split(separator: "\n").map(String.init)
    }

    func number(_ command: String, _ key: String) throws -> Int {
        let reply = try database.execute(command, key)
        return Int(reply) ?? 0
    }

    func list(_ key: String) throws -> [String] { try lines(database.execute("LRANGE", key, "0", "-1")) }

    /// The entries of `retry`, `schedule` or `dead`, the earliest first.
    func entries(_ set: String) throws -> [JobPayload] {
        try lines(database.execute("ZRANGE", set, "0", "-1")).map { try JobPayload(parsing: Array($0.utf8)) }
    }

    /// The jobs waiting in a queue, the next one first.
    func waiting(in queue: String) throws -> [JobPayload] {
        try list("queue:\(queue)").reversed().map { try JobPayload(parsing: Array($0.utf8)) }
    }

    func echoes() throws -> [Echo] {
        try list("interop:echo").map { try JSONDecoder().decode(Echo.self, from: Data($0.utf8)) }
    }

    /// Waits until that many jobs have echoed.
    func echoes(count: Int) async throws -> [Echo] {
        try await eventually("\(count) jobs have echoed", timeout: .seconds(40)) {
            try number("LLEN", "interop:echo") >= count
        }
        return try echoes()
    }

    /// Waits until a set has that many entries.
    func entries(_ set: String, count: Int) async throws -> [JobPayload] {
        try await eventually("there are \(count) jobs in \(set)", timeout: .seconds(40)) {
            try number("ZCARD", set) == count
        }
        return try entries(set)
    }

    /// Makes every entry of a set due now, whatever the back-off was.
    func makeDue(_ set: String) throws {
        for entry in try lines(database.execute("ZRANGE", set, "0", "-1")) {
            try database.execute("ZADD", set, "1", entry)
        }
    }
}
