import FlumeRedis
import FlumeWire
import Foundation
import TestSupport

/// F16: payloads of 64 MB and of a million nested arrays, in a worker that may have little memory.
struct HugePayloads: Scenario {
    let number = "F16"
    let name = "huge and deep payloads, little memory"

    func run(in lab: Lab) async throws {
        var options = WorkerOptions()
        // Address space, threads' stacks and allocator's arenas included; two copies of the payload must do.
        options.prefix = ["prlimit", "--as=\(1536 << 20)"]
        let worker = try await lab.startWorker("small", options)
        try await lab.produce(50)
        let huge = #"{"class":"LabQuick","jid":"huge","args":[""# + String(repeating: "x", count: 64 << 20) + #""]}"#
        let depth = 1_000_000
        let deep =
            #"{"class":"LabQuick","jid":"deep","args":"# + String(repeating: "[", count: depth)
            + String(repeating: "]", count: depth) + "}"
        for payload in [huge, deep] {
            lab.admitForeign(payload)
            try await lab.probe.enqueue(bytes: Array(payload.utf8), to: "default")
        }
        // Below the limit: it runs like any other.
        let large = #"{"class":"LabSwallow","jid":"large","args":[""# + String(repeating: "y", count: 7 << 20) + #""]}"#
        try await lab.enqueue(large, jid: "large")
        try await lab.produce(50)
        try await lab.drain(within: .seconds(60))
        let dead = try await lab.probe.rawMembers("dead").map(\.count).sorted()
        lab.expect(dead == [deep.utf8.count, huge.utf8.count], "the dead set holds payloads of the sizes \(dead)")
        let peak = Self.peakMegabytes(worker)
        print("F16: \(peak) MB at the peak")
        lab.expect(worker.child.isRunning, "the worker did not survive them")
        lab.expect(peak > 0 && peak < 448, "the worker took \(peak) MB at its peak")
    }

    private static func peakMegabytes(_ worker: LabWorker) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(worker.child.processID)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 / 1024 } ?? 0
    }
}
