import FlumeWire
import TestSupport
import Testing

@testable import fault_lab

@Suite("Ledger")
struct LedgerTests {
    private let entries: [LedgerEntry] = [
        .attempted(jid: "a", at: 1, payload: #"{"jid":"a","text":"tab\there"}"#), .acknowledged(jid: "a", at: 2),
        .began(jid: "a", at: 3, run: "w1#1", attempt: 1, fence: 0, payload: "{}"),
        .ended(jid: "a", at: 4, run: "w1#1", how: .failed),
    ]

    @Test("what is written is read, and the half line of a killed process is none")
    func roundTrip() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ledger")
        let writer = try LedgerWriter(path: path)
        for entry in entries { try writer.write(entry) }
        let ledger = Ledger(files: [path, directory.file("none")])
        #expect(ledger.acknowledged == ["a"])
        #expect(ledger.runs.map(\.name) == ["w1#1"] && ledger.runs[0].nonce == "w1" && ledger.runs[0].how == .failed)
        #expect(entries.allSatisfy { LedgerEntry(line: $0.line.dropLast()[...]) == $0 })
        let broken: [Substring] = ["", "end", "begin\ta\t5\tw1#2\t1", "end\ta\t5", "ack\ta\tx", "other\ta\t5\tw1#1"]
        #expect(broken.allSatisfy { LedgerEntry(line: $0) == nil })
    }

    @Test("a seed chooses the same jobs again")
    func mix() throws {
        let mix = try #require(JobMix(argument: #"LabSleep:[0.5,"a:b"]:3"#))
        #expect(mix == JobMix(jobClass: "LabSleep", arguments: #"[0.5,"a:b"]"#, weight: 3) && mix.text.hasSuffix(":3"))
        #expect(JobMix(argument: "LabSleep") == nil)
        func jobs(_ seed: UInt64) throws -> [String] {
            var random = SeededGenerator(seed: seed)
            return try (0..<20).map { _ in
                try JobMix.pick(from: [mix, JobMix(jobClass: "LabQuick")], &random).payload(queue: "q", &random)
                    .description
            }
        }
        #expect(try jobs(7) == jobs(7))
        #expect(try jobs(7) != jobs(8))
    }
}
