import FlumeWire
import TestSupport
import Testing

/// Processes of their own: the lock is Redis's, and no memory is shared.
@Suite(.serialized)
struct UniqueTests {
    @Test("of two processes that enqueue the same job again and again, one enqueues it once, and all learn its jid")
    func processes() async throws {
        try await withInterop { interop in
            let options = ["--unique-for", "3600", "--unique-until", "success", "--count", "200"]
            for more in [["--unique-token", "nightly"], []] {
                async let first = interop.run(producer(interop, options + more))
                async let second = interop.run(producer(interop, options + more + ["--bulk"]))
                let lines = try await (first + second).split(separator: "\n").map(String.init)
                #expect(lines.count == 400)
                let jids = lines.filter { !$0.hasPrefix("conflict ") }
                #expect(jids.count == 1)
                #expect(Set(lines) == [jids.first ?? "", "conflict \(jids.first ?? "")"])
                #expect(try interop.waiting(in: "default").map(\.jid).last == jids.first)
            }
            #expect(try interop.waiting(in: "default").count == 2)
        }
    }

    @Test("an ActiveJob is unique by its class and arguments, one by one and in bulk")
    func activeJob() async throws {
        try await withInterop { interop in
            let options = [
                "--redis", interop.url, "--active-job", "RailsEchoJob", "--args", "[1]", "--unique-for", "3600",
            ]
            for more in [["--unique-token", "nightly"], []] {
                var lines: [String] = []
                for bulk in [[], ["--bulk"]] {
                    let output = try await interop.run(
                        Runtime.swift.producer(options + more + bulk + ["--count", "3"]))
                    lines += output.split(separator: "\n").map(String.init)
                }
                #expect(lines.dropFirst() == ArraySlice(repeating: "conflict \(lines[0])", count: 5))
            }
            let jobs = try interop.waiting(in: "default")
            #expect(jobs.count == 2 && jobs.contains { $0.uniqueToken == "nightly" && $0.wrapped == "RailsEchoJob" })
        }
    }

    private func producer(_ interop: Interop, _ more: [String]) -> [String] {
        Runtime.swift.producer(
            ["--redis", interop.url, "--class", "EchoJob", "--args", #"[1,{"b":1,"a":2}]"#] + more)
    }
}
