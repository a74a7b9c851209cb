import FlumeConfiguration
import FlumeCron
import Foundation
import TestSupport
import Testing

@Suite("Configuration files that are too much")
struct FileLimitTests {
    private func problem(_ yaml: String) -> String {
        var settings = FlumeSettings()
        do {
            try settings.read(yaml: yaml, variables: [:])
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("a file of aliases inside aliases is an error that says so, and takes no memory for what it unfolds to")
    func aliases() {
        var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        for level in 1...12 {
            let inner = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(inner)]")
        }
        let yaml = lines.joined(separator: "\n")
        #expect(problem(yaml).contains("too many values"))
        #expect(throws: ConfigurationError.self) { _ = try CronSchedule(yaml: yaml, variables: [:]) }
    }

    @Test("a file that is too large, or a device without end, is an error that says so")
    func files() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("large.yml")
        try Data(repeating: UInt8(ascii: "#"), count: (1 << 20) + 1).write(to: URL(filePath: path))
        var settings = FlumeSettings()
        let large = #expect(throws: ConfigurationError.self) { try settings.read(file: path, variables: [:]) }
        #expect(large.map { "\($0)" }?.contains("1048577 bytes") == true)
        let device = #expect(throws: ConfigurationError.self) { try settings.read(file: "/dev/zero", variables: [:]) }
        #expect(device.map { "\($0)" }?.contains("it is a device") == true)
        #expect(throws: ConfigurationError.self) { _ = try CronSchedule(file: path, variables: [:]) }
        directory.remove()
    }

    @Test("values nested as deep as a file can hold are an error, and trap nothing")
    func nesting() {
        for deep in [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 100_000),
            String(repeating: "- ", count: 100_000) + "x",
        ] { #expect(!problem("queues: \(deep)").isEmpty) }
    }
}
