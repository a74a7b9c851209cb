import TestSupport

/// F7: connections are cut again and again: by CLIENT KILL, by a reset, and in the middle of replies, after every number of
/// bytes; blocking commands are ended by CLIENT UNBLOCK.
///
/// A reply that is cut off after Redis has taken jobs out of a queue must lose none of them.
struct LoseReplies: Scenario {
    let number = "F7"
    let name = "connections cut, replies cut at every byte"
    let canRunRuby = true

    /// No reply but that of a fetch which brought jobs is as long.
    private static let shortestFetch = 200

    func run(in lab: Lab) async throws {
        // It stays: the workers say good-bye through it, after this function.
        let proxy = try await FaultProxy.start(to: lab.server)
        lab.expectNothingTwiceUnderLease()
        let producer = try await lab.startFleet(url: proxy.url())
        let before = try await lab.undisturbed()
        let connections = try connections(lab)
        for (index, length) in lengths(lab).enumerated() {
            // Every other one through a slow network: more is under way then.
            proxy.delay(.replies, by: index.isMultiple(of: 4) ? .milliseconds(10) : .zero)
            let ending: ProxyEnding = index.isMultiple(of: 2) ? .close : .reset
            try await cut(proxy, lab) {
                proxy.cutNextReply(ofAtLeast: Self.shortestFetch, after: length, by: ending)
            }
        }
        proxy.delay(.replies, by: .zero)
        // Those of other commands, short ones.
        for _ in 0..<(lab.form == .short ? 10 : 100) {
            try await cut(proxy, lab) { proxy.cutReplies(after: lab.random(in: 0...60)) }
            proxy.cutReplies(after: nil)
        }
        for _ in 0..<(lab.form == .short ? 10 : 100) {
            // The producer's too.
            try await lab.outage { _ = try lab.server.execute("CLIENT", "KILL", "TYPE", "normal") }
            try await Task.sleep(for: .milliseconds(lab.random(in: 50...150)))
        }
        for _ in 0..<(lab.form == .short ? 20 : 200) {
            try unblock(lab)
            try await Task.sleep(for: .milliseconds(20))
        }
        try await lab.expectWork(within: .seconds(5), after: monotonicNanoseconds(), as: before)
        let after = try self.connections(lab)
        lab.expect(after <= connections + 2, "\(after) connections after it, \(connections) before")
        try await producer.stop()
        try await lab.drain()
    }

    private func cut(_ proxy: FaultProxy, _ lab: Lab, _ body: () -> Void) async throws {
        try await lab.outage {
            let cuts = proxy.cuts
            body()
            try await eventually("a reply is cut", timeout: .seconds(60), every: .milliseconds(2)) { proxy.cuts > cuts }
        }
    }

    /// After how many bytes a fetch's reply ends.
    private func lengths(_ lab: Lab) -> [Int] {
        // Ruby waits for a second after each.
        if lab.runtime == .ruby { return Array(stride(from: 0, through: Self.shortestFetch, by: 10)) }
        if lab.form == .long { return Array(0..<1000) }
        return Array(0..<48) + stride(from: 48, through: 600, by: 12)
    }

    private func connections(_ lab: Lab) throws -> Int {
        try lab.server.execute("CLIENT", "LIST").split(separator: "\n").count
    }

    private func unblock(_ lab: Lab) throws {
        let blocking = ["cmd=blmove", "cmd=brpop"]
        for line in try lab.server.execute("CLIENT", "LIST").split(separator: "\n")
        where blocking.contains(where: line.contains) {
            guard let id = line.split(separator: " ").first?.dropFirst("id=".count) else { continue }
            try lab.server.execute("CLIENT", "UNBLOCK", String(id), "ERROR")
        }
    }
}
