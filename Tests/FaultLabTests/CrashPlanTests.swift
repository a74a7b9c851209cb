import Foundation
import TestSupport
import Testing

@testable import fault_lab

@Suite("Which fault points F18 tries")
struct CrashPlanTests {
    private func plan(_ points: String...) throws -> CrashPlan {
        let files = try TemporaryDirectory()
        defer { files.remove() }
        try points.map { $0 + "\n" }.joined().write(toFile: files.file("trace"), atomically: true, encoding: .utf8)
        return CrashPlan(tracedIn: files.file("trace"))
    }

    @Test("every passing of a point that writes, and of one that reads the first after each that writes")
    func idle() throws {
        let plan = try plan(
            "heartbeat/hold.before:1", "heartbeat/due.before:1", "heartbeat/due.before:2", "jobs/fetch.before:1",
            "heartbeat/due.before:3", "heartbeat/due.before:4", "jobs/fetch.before:2", "wait:a:b/BLMOVE.before:1")
        #expect(
            plan.points == [
                "heartbeat/hold.before:1", "heartbeat/due.before:1", "jobs/fetch.before:1", "heartbeat/due.before:3",
                "jobs/fetch.before:2", "wait:a:b/BLMOVE.before:1",
            ])
    }

    @Test("in the short form each point once in a station, and once of all stations if it only reads")
    func firstPassings() throws {
        var known: Set<String> = []
        let one = try plan("heartbeat/due.before:1", "jobs/fetch.before:1", "jobs/fetch.before:2")
        #expect(one.firstPassings(besides: &known) == ["heartbeat/due.before:1", "jobs/fetch.before:1"])
        let two = try plan("heartbeat/due.before:1", "heartbeat/hold.before:1", "jobs/fetch.before:1")
        #expect(two.firstPassings(besides: &known) == ["heartbeat/hold.before:1", "jobs/fetch.before:1"])
    }
}
