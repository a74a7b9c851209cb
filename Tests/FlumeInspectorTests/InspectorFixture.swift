import FlumeRedis
import TestSupport

/// A job as Ruby writes it, with a jid and further fields as JSON.
func job(_ jid: String, _ more: String = #""queue":"default","retry":true"#, jobClass: String = "Work") -> String {
    #"{"class":"\#(jobClass)","args":[1, 2.50,{"b":null}],"jid":"\#(jid)",\#(more)}"#
}

extension RedisProbe {
    /// Puts members into a sorted set, the first one at this score, the next one a second later.
    func add(_ members: [String], to key: String, from score: Double = 1000) async throws {
        for (index, member) in members.enumerated() { try await send("ZADD", key, "\(score + Double(index))", member) }
    }

    /// How often Redis has carried out a command.
    func calls(of command: String) async throws -> Int {
        let text = try await send("INFO", "commandstats").string ?? ""
        let line = text.split(separator: "\r\n").first { $0.hasPrefix("cmdstat_\(command):calls=") } ?? ""
        return Int(line.drop { $0 != "=" }.dropFirst().prefix { $0 != "," }) ?? 0
    }
}

extension AsyncSequence {
    /// All elements.
    func collected() async throws -> [Element] {
        var all: [Element] = []
        for try await element in self { all.append(element) }
        return all
    }
}
