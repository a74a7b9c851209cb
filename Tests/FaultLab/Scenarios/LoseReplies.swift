import TestSupport

/// F7: connections are cut again and again: by CLIENT KILL, by a reset, and in the middle of replies, after every number of
/// bytes; blocking commands are ended by CLIENT UNBLOCK.
///
/// A reply that is cut off after Redis has taken jobs out of a queue must lose none of them.
struct LoseReplies: Scenario {
    let number = "F7"
    let name = "connections cut, replies cut at every byte"
    let canRunRuby = true

    /// No reply without a job in it is as long.
    private static let shortestFetch = 200

    func run(in lab: Lab) async throws {
        // It stays: the workers say good-bye through it, after this function.
        let proxy = try await FaultProxy.start(to: lab.server, naming: Self.name)
        lab.expectNothingTwiceUnderLease()
        let producer = try await lab.startFleet(url: proxy.url())
        let before = try await lab.undisturbed()
        let connections = try connections(lab)
        for sweep in sweeps(lab) { try await run(sweep, through: proxy, lab) }
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
        // What a lost reply has brought is asked for at once, and not found by chance when the record is looked through.
        let finders = lab.running.filter { $0.child.output.contains("had forgotten that jobs of this process") }
        lab.expect(finders.isEmpty, "\(finders.map(\.nonce)) found jobs in their records that they did not know of")
    }

    private func cut(_ proxy: FaultProxy, _ lab: Lab, _ body: () -> Void) async throws {
        try await lab.outage {
            let cuts = proxy.cuts
            body()
            try await eventually("a reply is cut", timeout: .seconds(60), every: .milliseconds(2)) { proxy.cuts > cuts }
        }
    }

    // MARK: Sweeps over the bytes of a reply

    /// Replies to one command that are cut, each after another number of bytes.
    private struct Sweep {
        /// What they answer; see ``LoseReplies/name(of:)``.
        var name: String
        var minimum = 0
        /// How many replies in a row the bytes are counted over, this one first.
        var replies = 1
        var lengths: [Int]
        /// Whether there have to be more jobs than the workers can take.
        var isBusy = false
        /// What is cut then: so many times at least.
        var wanted: [String: Int]
    }

    private func sweeps(_ lab: Lab) -> [Sweep] {
        let least = Self.shortestFetch
        if lab.runtime == .ruby {
            // It waits for a second after each.
            let lengths = Array(stride(from: 0, through: least, by: 10))
            return [.init(name: "BRPOP", minimum: least, lengths: lengths, wanted: ["BRPOP": lengths.count])]
        }
        let isLong = lab.form == .long
        let fetch = isLong ? Array(0..<500) : Array(0..<32) + stride(from: 32, to: 600, by: 12)
        // An idle worker's fetch waits in Redis and has two replies: the job that it waited for, and what it took. The second
        // brings a job, or many.
        let waiting = isLong ? Array(0..<600) : Array(stride(from: 0, to: 600, by: 8))
        let settle = (0..<(isLong ? 5 : 1)).flatMap { _ in 0..<20 }
        return [
            Sweep(
                name: "fetch", minimum: least, lengths: fetch, isBusy: true, wanted: ["fetch": fetch.count]),
            Sweep(
                name: "BLMOVE", minimum: least, replies: 2, lengths: waiting,
                wanted: ["BLMOVE": waiting.count / 3, "standing fetch": waiting.count / 3]),
            Sweep(name: "settle", lengths: settle, wanted: ["settle": settle.count]),
        ]
    }

    /// The name of a command: of a script what it does, by the keys it is given.
    @Sendable private static func name(of words: [String]) -> String {
        let verb = words.first?.uppercased() ?? ""
        guard verb.hasPrefix("EVAL"), words.count > 2, let count = Int(words[2]), words.count > 5 else { return verb }
        let arguments = words.count - 3 - count
        switch words[5] {
        case "paused": return arguments == 4 ? "standing fetch" : "fetch"
        case "retry": return "settle"
        default: return verb
        }
    }

    private func run(_ sweep: Sweep, through proxy: FaultProxy, _ lab: Lab) async throws {
        let known = proxy.wounds
        for (index, length) in sweep.lengths.enumerated() {
            if sweep.isBusy, try await lab.probe.number("LLEN", "queue:default") < 100 {
                try await lab.produce(300, JobMix(jobClass: "LabSleep", arguments: "[0.1]"))
            }
            // Every other one through a slow network: more is under way then.
            proxy.delay(.replies, by: index.isMultiple(of: 4) ? .milliseconds(10) : .zero)
            let ending: ProxyEnding = index.isMultiple(of: 2) ? .close : .reset
            try await cut(proxy, lab) {
                proxy.cutNextReply(
                    to: sweep.name, ofAtLeast: sweep.minimum, after: length, of: sweep.replies, by: ending)
            }
        }
        let cuts = proxy.wounds.mapValues { $0 }.merging(known) { $0 - $1 }
        for (name, wanted) in sweep.wanted {
            let count = cuts[name] ?? 0
            lab.expect(count >= wanted, "\(count) replies to \(name) were cut, not \(wanted): no test")
        }
        print("F7: cut after 0 to \(sweep.lengths.last ?? 0) bytes: \(cuts.filter { $0.value > 0 })")
        guard sweep.isBusy else { return }
        try await eventually("the workers have nothing to do", timeout: .seconds(60), every: .milliseconds(20)) {
            try await lab.probe.number("LLEN", "queue:default") == 0
        }
    }

    // MARK: Connections

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
