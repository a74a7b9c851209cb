import FlumeWire
import TestSupport

/// Puts jobs into a database as a producer would have, and writes them down.
struct CrashSeeder: Sendable {
    let probe: RedisProbe
    let ledger: LedgerWriter

    /// The process that died before the story begins.
    static let ghost = "lab:0:ghost"

    private static let unknown =
        #""lab":{"big":123456789012345678901234567890,"float":1.50,"none":[],"text":"\u00e9\/"}"#

    /// Into a queue.
    func enqueue(
        _ jobClass: String, _ jid: String, args: String = "[]", more: String = #""retry":true"#,
        queue: String = "default"
    ) async throws {
        let payload = try note(jobClass, jid, args, more, queue)
        try await probe.enqueue([payload], to: queue)
        try acknowledge(jid)
    }

    /// What is no job.
    func enqueueBytes(_ text: String) async throws { try await probe.enqueue([text], to: "default") }

    /// Into `schedule`, due so many seconds from now by Redis's clock.
    func schedule(_ jobClass: String, _ jid: String, after seconds: Double, queue: String = "default") async throws {
        let payload = try note(jobClass, jid, "[]", #""retry":true"#, queue)
        try await probe.send("ZADD", "schedule", "\(try await probe.now() + seconds)", payload)
        try acknowledge(jid)
    }

    /// With a lock.
    func enqueueUnique(_ jobClass: String, _ jid: String, until: String) async throws {
        try await probe.send("SET", "unique:\(jid)", jid, "PX", "60000")
        try await enqueue(
            jobClass, jid,
            more: #""retry":true,"unique_for":60,"unique_until":"\#(until)","unique_token":"\#(jid)""#)
    }

    /// In flight in a process that is dead.
    func orphan(_ jobClass: String, _ jids: String...) async throws {
        try await probe.send("SADD", "flume:processes", Self.ghost)
        for (index, jid) in jids.enumerated() {
            let payload = try note(jobClass, jid, "[]", #""retry":true"#, "default")
            try await probe.send("HSET", "flume:inflight:\(Self.ghost)", "\(index + 1):default", payload)
            try acknowledge(jid)
        }
    }

    private func note(
        _ jobClass: String, _ jid: String, _ args: String, _ more: String, _ queue: String
    ) throws -> String {
        let payload =
            #"{"class":"\#(jobClass)","args":\#(args),"jid":"\#(jid)","queue":"\#(queue)",\#(Self.unknown),\#(more)}"#
        try ledger.write(.attempted(jid: jid, at: monotonicNanoseconds(), payload: payload))
        return payload
    }

    private func acknowledge(_ jid: String) throws {
        try ledger.write(.acknowledged(jid: jid, at: monotonicNanoseconds()))
    }
}
