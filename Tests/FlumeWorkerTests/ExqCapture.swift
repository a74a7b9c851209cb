import FlumeWire
import Foundation
import TestSupport
import Testing

/// What a real Exq wrote; see Fixtures/README.md.
enum ExqCapture {
    /// A value by its name.
    static func value(_ name: String) throws -> String {
        try #require(values()[name], "no \(name)")
    }

    /// A job by its name.
    static func job(_ name: String) throws -> JobPayload {
        try JobPayload(parsing: Array(value(name).utf8))
    }

    /// The values whose names begin so, by the rest of the name.
    static func values(_ prefix: String = "") throws -> [String: String] {
        let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures")
        let text = try String(contentsOf: folder.appendingPathComponent("exq-0.23.tsv"), encoding: .utf8)
        return try Dictionary(
            uniqueKeysWithValues: text.split(separator: "\n").map { line in
                let tab = try #require(line.firstIndex(of: "\t"))
                return (String(line[..<tab]), String(line[line.index(after: tab)...]))
            }
            .filter { $0.0.hasPrefix(prefix) }.map { (String($0.0.dropFirst(prefix.count)), $0.1) })
    }
}

extension RedisProbe {
    /// Puts the node HOST here as it was captured: four jobs run, it has just beaten.
    func seedExqNode(namespace: String) async throws {
        let (stage, prefix, raw) =
            namespace.isEmpty ? ("running-nons", "", ":") : ("running", namespace + ":", namespace + ":")
        let host = namespace.isEmpty ? "running-nons._HOST" : "running.exq_HOST"
        try await send("SADD", raw + "processes", "HOST")
        try await send(
            "HSET", raw + "HOST", "info", try ExqCapture.value(host + ".field.info"), "busy", "4", "beat",
            "1795258170.629701", "quiet", "false")
        try await send("EXPIRE", raw + "HOST", "60")
        let workers = try ExqCapture.values(stage + (namespace.isEmpty ? ".HOST" : ".exq_HOST") + "_workers.field.")
        for (index, label) in workers.keys.sorted().enumerated() {
            try await send("HSET", prefix + "HOST:workers", "#PID<0.\(141 + index).0>", workers[label] ?? "")
        }
        let running = ["default": ["sleep-default"], "low": ["sidekiq-pushed", "sleep-low-2", "sleep-low-1"]]
        for (queue, labels) in running {
            for label in labels {
                try await send(
                    "RPUSH", prefix + "queue:backup::HOST::\(queue)",
                    try ExqCapture.value("running.exq_queue_backup_HOST_\(queue).\(label)"))
            }
            try await send("SADD", prefix + "queues", queue)
        }
        try await send("ZADD", raw + "heartbeats", "1795258170.379", "HOST")
    }

    /// Everything that the node HOST owns.
    func exqNode(namespace: String) async throws -> [String] {
        let prefix = namespace.isEmpty ? "" : namespace + ":"
        let raw = namespace + ":"
        var all: [String] = []
        for key in ["queue:backup::HOST::default", "queue:backup::HOST::low"] { all += try await list(prefix + key) }
        all += try await hash(prefix + "HOST:workers").map { "\($0.key) \($0.value)" }.sorted()
        all += try await hash(raw + "HOST").map { "\($0.key) \($0.value)" }.sorted()
        all += try await members(raw + "heartbeats")
        return all
    }
}
