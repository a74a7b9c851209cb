import FlumeRedis
import FlumeWire
import TestSupport

/// F15: what is no job, or hardly one, among good ones: a corpus, and variants of it with random bytes changed.
///
/// Nothing traps, the neighbours run, and what cannot be read is in the dead set byte for byte.
struct PoisonQueue: Scenario {
    let number = "F15"
    let name = "poison payloads, fuzzed"
    let isMostlyWaiting = false

    private static let corpus: [[UInt8]] =
        [
            "not json", "", "[]", "{}", "null", "5", "\"x\"", "[1,2,3]", #"{"args":[]}"#, #"{"class":null,"args":[]}"#,
            #"{"class":5,"args":[]}"#, #"{"class":"","args":[]}"#, #"{"class":"LabNobody","args":[]}{}"#,
            #"{"class":"LabNobody","args":[NaN]}"#, #"{"class":"LabNobody","args":[01]}"#,
            #"{"class":"LabNobody","args":["\ud800"]"#, #"{"class":"LabNobody","args":[1e400,9223372036854775808]"#,
            #"{"class":["LabNobody"],"args":[]}"#, "\u{feff}{}", "{\"class\":\"LabNobody\",\"args\":[\"a\nb\"]}",
            String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: #"{"a":"#, count: 5000),
        ].map { Array($0.utf8) } + [
            [0, 1, 2, 255], [0xff, 0xfe, 0x7b], [0xc3, 0x28], Array(repeating: 0, count: 4096),
        ]

    /// A job that would be read: what one changed byte makes of it is the question.
    private static func sound(_ number: Int) -> [UInt8] {
        Array(
            (#"{"class":"LabNobody","args":[1,"a",{"k":[null,true,-1.5e3]}],"retry":false,"created_at":1700000000.25,"#
                + #""tags":["x"],"bid":"b","n":\#(number)}"#).utf8)
    }

    func run(in lab: Lab) async throws {
        lab.ignoreCounters()
        var poison: Set<[UInt8]> = Set(Self.corpus)
        for number in 0..<(lab.form == .short ? 1000 : 50_000) { poison.insert(mutated(Self.sound(number), lab)) }
        let ordered = poison.sorted { $0.lexicographicallyPrecedes($1) }
        for (index, bytes) in ordered.enumerated() {
            try await lab.probe.enqueue(bytes: bytes, to: "default")
            if index.isMultiple(of: ordered.count / 5) { try await lab.produce(10) }
        }
        var options = WorkerOptions()
        // All of it is to be found there afterwards: more than the dead set keeps by itself.
        options.more = ["--dead-maximum", "1000000"]
        try await lab.startWorker("w1", options)
        try await lab.startWorker("w2", options)
        try await eventually("the queue is empty and nothing is in flight", timeout: .seconds(100)) {
            guard try await lab.probe.number("LLEN", "queue:default") == 0 else { return false }
            return try await RedisSnapshot(reading: lab.probe).inflightCounts.values.allSatisfy { $0 == 0 }
        }
        try await judge(poison, lab)
        try await lab.produce(20)
        try await lab.drain()
    }

    /// Where each of them is; then they are taken away, so that what is left is the producer's.
    private func judge(_ poison: Set<[UInt8]>, _ lab: Lab) async throws {
        let dead = Set(try await lab.probe.rawMembers("dead"))
        let others = try await lab.probe.rawMembers("retry")
        let unreadable = poison.filter { (try? JobPayload(parsing: $0)) == nil }
        let missing = unreadable.subtracting(dead)
        lab.expect(missing.isEmpty, "\(missing.count) that cannot be read are not in the dead set as they were")
        let kept = dead.count + others.count
        lab.expect(kept == poison.count, "\(kept) of \(poison.count) are in the dead set or to be retried")
        lab.expect(unreadable.count > 100 && kept > unreadable.count, "\(unreadable.count) could not be read: no test")
        try await lab.probe.send("DEL", "dead", "retry")
    }

    private func mutated(_ bytes: [UInt8], _ lab: Lab) -> [UInt8] {
        var bytes = bytes
        let likely = Array(#"{}[]",:\-+.eEtfn0123456789 "#.utf8)
        for _ in 0..<lab.random(in: 1...3) {
            let place = lab.random(in: 0...bytes.count - 1)
            switch lab.random(in: 0...3) {
            case 0: bytes[place] = UInt8(lab.random(in: 0...255))
            case 1: bytes[place] = lab.random(of: likely)
            case 2: bytes.remove(at: place)
            default: bytes.insert(lab.random(of: likely), at: place)
            }
        }
        return bytes
    }
}
