import ArgumentParser
import FlumeWire

/// One sort of job that a producer enqueues: `LabSleep:[0.5]:3`.
struct JobMix: Sendable, Hashable, ExpressibleByArgument {
    var jobClass: String
    /// A JSON array.
    var arguments: String
    /// How often it is chosen, compared with the others.
    var weight: Int

    init(jobClass: String, arguments: String = "[]", weight: Int = 1) {
        self.jobClass = jobClass
        self.arguments = arguments
        self.weight = weight
    }

    init?(argument: String) {
        guard let first = argument.firstIndex(of: ":"), let last = argument.lastIndex(of: ":"), first < last,
            let weight = Int(argument[argument.index(after: last)...])
        else { return nil }
        self.init(
            jobClass: String(argument[..<first]), arguments: String(argument[argument.index(after: first)..<last]),
            weight: weight)
    }

    /// The form for a command line.
    var text: String { "\(jobClass):\(arguments):\(weight)" }

    /// Chooses by weight.
    static func pick(from jobs: [JobMix], _ random: inout some RandomNumberGenerator) -> JobMix {
        var left = Int.random(in: 0..<max(1, jobs.reduce(0) { $0 + $1.weight }), using: &random)
        for job in jobs {
            left -= job.weight
            if left < 0 { return job }
        }
        return jobs[jobs.count - 1]
    }

    /// All that Flume has beyond Sidekiq: limits by key and unique jobs, of which most are refused, among the usual.
    static let everything = [
        JobMix(jobClass: "LabQuick", weight: 6),
        JobMix(jobClass: "LabSleep", arguments: "[0.3]", weight: 3),
        JobMix(jobClass: "LabLimited", arguments: "[0.05]", weight: 2),
        JobMix(jobClass: "LabUnique", arguments: "[1]"),
        JobMix(jobClass: "LabUnique", arguments: "[2]"),
        JobMix(jobClass: "LabFail", arguments: "[1]"),
    ]

    /// What Sidekiq has too.
    static let usual = [
        JobMix(jobClass: "LabQuick", weight: 6),
        JobMix(jobClass: "LabSleep", arguments: "[0.3]", weight: 3),
        JobMix(jobClass: "LabFail", arguments: "[1]"),
    ]

    /// A payload with a jid, and with fields that no worker knows, in forms that do not survive being read and written.
    func payload(queue: String, _ random: inout some RandomNumberGenerator) throws -> JobPayload {
        let hex = (0..<2).map { _ in String(UInt64.random(in: .min ... .max, using: &random), radix: 16) }.joined()
        let jid = String((hex + String(repeating: "0", count: 24)).prefix(24))
        guard case .array(let arguments) = try JSONValue(parsing: Array(arguments.utf8)) else {
            throw LabFailure(description: "\(self.arguments) is no JSON array")
        }
        let unknown = try JSONValue(
            parsing: Array(#"{"big":123456789012345678901234567890,"float":1.50,"none":[],"text":"\u00e9\/"}"#.utf8))
        let options: JSONObject = jobClass == "LabUnique" ? ["lab": unknown, "unique_for": 600] : ["lab": unknown]
        return JobPayload(
            jobClass: jobClass, arguments: arguments, queue: queue, retry: .default, options: options, jid: jid)
    }
}
