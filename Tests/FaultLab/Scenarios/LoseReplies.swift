import TestSupport

/// F7: connections are cut again and again: by CLIENT KILL, and in the middle of replies, after every number of bytes;
/// blocking commands are ended by CLIENT UNBLOCK.
///
/// A reply that is cut off after Redis has taken jobs out of a queue must lose none of them.
struct LoseReplies: Scenario {
    let number = "F7"
    let name = "connections cut, replies cut in the middle"

    func run(in lab: Lab) async throws {
        // It stays: the workers say good-bye through it, after this function.
        let proxy = try await FaultProxy.start(to: lab.server)
        let producer = try await lab.startFleet(url: proxy.url())
        let before = try connections(lab)
        try await lab.outage {
            for length in lengths(lab) {
                let cuts = proxy.cuts
                proxy.cutReplies(after: length)
                try await eventually("a reply is cut", timeout: .seconds(60), every: .milliseconds(2)) {
                    proxy.cuts > cuts
                }
                proxy.cutReplies(after: nil)
            }
            for _ in 0..<(lab.form == .short ? 10 : 100) {
                // The producer's too.
                try lab.server.execute("CLIENT", "KILL", "TYPE", "normal")
                try await Task.sleep(for: .milliseconds(lab.random(in: 50...150)))
            }
            for _ in 0..<(lab.form == .short ? 20 : 200) {
                try unblock(lab)
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await lab.waitForProgress(50)
        let after = try connections(lab)
        lab.expect(after <= before + 2, "\(after) connections after it, \(before) before")
        try await producer.stop()
        try await lab.drain()
    }

    /// After how many bytes a reply ends: short replies and long ones.
    private func lengths(_ lab: Lab) -> [Int] {
        guard lab.form == .short else { return Array(1...600) + stride(from: 601, to: 8000, by: 37) }
        return (0..<40).map { $0 < 25 ? lab.random(in: 1...120) : lab.random(in: 120...3000) }
    }

    private func connections(_ lab: Lab) throws -> Int {
        try lab.server.execute("CLIENT", "LIST").split(separator: "\n").count
    }

    private func unblock(_ lab: Lab) throws {
        for line in try lab.server.execute("CLIENT", "LIST").split(separator: "\n") where line.contains("cmd=blmove") {
            guard let id = line.split(separator: " ").first?.dropFirst("id=".count) else { continue }
            try lab.server.execute("CLIENT", "UNBLOCK", String(id), "ERROR")
        }
    }
}
