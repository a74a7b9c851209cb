import FlumeWire
import TestSupport
import Testing

@Suite("records of processes")
struct RecordTests {
    private let record = ProcessRecord(
        hostname: "vm", startedAt: Timestamp(microseconds: 1_795_254_550_190_983), pid: 21866, tag: "mytag",
        capsules: [
            CapsuleRecord(
                name: "default", concurrency: 3, mode: .weighted,
                queues: [.init(name: "crit", weight: 2), .init(name: "low", weight: 1)]),
            CapsuleRecord(
                name: "ses", concurrency: 20, mode: .strict, queues: [.init(name: "mailers"), .init(name: "low")]),
        ], labels: ["lbl-1"], identity: "vm:21866:8f41fcddb116", version: "1.0.0")

    @Test("info has every field of every version, with values of the same kind", arguments: Fixture.sidekiqs)
    func info(version: String) throws {
        let ours = try JSONValue(parsing: record.info)
        let theirs = try #require(try JSONValue(parsing: Fixture.data("info-\(version).json")).object)
        for member in theirs.members {
            let value = try #require(ours[member.key], "\(member.key)")
            #expect(kind(value) == kind(member.value), "\(member.key)")
        }
        for field in ["concurrency", "capsules", "weights", "queues", "labels", "version", "embedded"] {
            #expect(ours[field] != nil, "\(field)")
        }
    }

    @Test("info is exact")
    func exactInfo() {
        #expect(
            String(decoding: record.info, as: UTF8.self)
                == #"{"hostname":"vm","started_at":1795254550.190983,"pid":21866,"tag":"mytag","concurrency":23,"#
                + #""queues":["crit","low","mailers"],"weights":[{"crit":2,"low":1},{"mailers":0,"low":0}],"#
                + #""capsules":{"default":{"concurrency":3,"mode":"weighted","weights":{"crit":2,"low":1}},"#
                + #""ses":{"concurrency":20,"mode":"strict","weights":{"mailers":0,"low":0}}},"labels":["lbl-1"],"#
                + #""identity":"vm:21866:8f41fcddb116","version":"1.0.0","embedded":false}"#)
    }

    @Test("a beat writes all hash fields any version reads")
    func hash() {
        let fields = record.hashFields(
            info: record.info, busy: 2, beat: Timestamp(microseconds: 1_000_000), quiet: false, residentKilobytes: 1024,
            roundTripMicroseconds: 120)
        let texts = Dictionary(
            uniqueKeysWithValues: fields.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) })
        #expect(Set(texts.keys) == ["info", "concurrency", "busy", "beat", "rtt_us", "quiet", "rss"])
        #expect(texts["beat"] == "1.0")
        #expect(texts["quiet"] == "false")
        #expect(texts["concurrency"] == "23")
    }

    @Test("a running job is written as Sidekiq writes it", arguments: Fixture.sidekiqs)
    func work(version: String) throws {
        let stored = try Fixture.data("work-\(version).json")
        let value = try JSONValue(parsing: stored)
        let seconds = try #require(value["run_at"]?.int)
        let record = WorkRecord(
            queue: try #require(value["queue"]?.string), payload: Array(try #require(value["payload"]?.string).utf8),
            runAt: Timestamp(microseconds: seconds * 1_000_000 + 999_999))
        #expect(record.json == stored)
    }

    @Test("a running job with invalid UTF-8 is valid JSON all the same")
    func invalidWork() throws {
        let record = WorkRecord(queue: "q", payload: [0x7B, 0xFF, 0x22, 0x0A], runAt: Timestamp(microseconds: 0))
        #expect(UTF8Repair.isValid(record.json))
        #expect(try JSONValue(parsing: record.json)["payload"] == "{\u{FFFD}\"\n")
    }

    @Test("a process's own pauses are read as they are written, and whatever is strange counts as none")
    func pauses() {
        let pauses = PauseRecord(all: true, pipelines: ["a\"b"], queues: ["q", "r"])
        #expect(
            String(decoding: pauses.json, as: UTF8.self)
                == #"{"all":true,"pipelines":["a\"b"],"queues":["q","r"]}"#)
        #expect(PauseRecord(json: pauses.json) == pauses)
        for text in ["", "null", "[]", "{", #"{"all":1,"pipelines":"a","queues":{"q":1}}"#] {
            #expect(PauseRecord(json: Array(text.utf8)) == PauseRecord(), "\(text)")
        }
    }

    @Test("ids have Sidekiq's form and follow the generator")
    func ids() {
        var generator = SeededGenerator(seed: 1)
        var same = SeededGenerator(seed: 1)
        let jid = JobID.make(using: &generator)
        #expect(jid.count == 24)
        #expect(jid.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(JobID.make(using: &same) == jid)
        #expect(JobID.make(using: &generator) != jid)
        let identity = Identity.make(hostname: "vm", pid: 42, using: &generator)
        #expect(identity.hasPrefix("vm:42:"))
        #expect(identity.count == 6 + 12)
        var system = SystemRandomNumberGenerator()
        #expect(Set((0..<10_000).map { _ in JobID.make(using: &system) }).count == 10_000)
    }

    private func kind(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .number(let number): number.isInteger ? "integer" : "float"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
