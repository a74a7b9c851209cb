import FlumeRedis
import FlumeWire
import TestSupport

/// F15: what is no job, or hardly one, among good ones: a corpus, and variants of it with random bytes changed.
///
/// Nothing traps, the neighbours run, and what cannot be read is in the dead set byte for byte. Sound JSON that a handler's
/// types cannot hold fails that job alone, and runs where a handler takes it as it is.
struct PoisonQueue: Scenario {
    let number = "F15"
    let name = "poison payloads, fuzzed"
    let isMostlyWaiting = false
    let needsTCP = true

    /// How many variants: one round in the short form, a million in the long one.
    private static let round = (short: 1000, long: 50_000)
    private static let rounds = 20

    func run(in lab: Lab) async throws {
        lab.ignoreCounters()
        var options = WorkerOptions()
        // All of it is to be found there afterwards: more than the dead set keeps by itself.
        options.more = ["--dead-maximum", "1000000"]
        try await lab.startWorker("w1", options)
        try await lab.startWorker("w2", options)
        var count = 0
        for number in 0..<(lab.form == .short ? 1 : Self.rounds) {
            var random = SeededGenerator(seed: UInt64(lab.random(in: 0...Int.max)))
            var ordered = number == 0 ? PoisonCorpus.payloads : []
            var poison = Set(ordered)
            for index in 0..<(lab.form == .short ? Self.round.short : Self.round.long) {
                let variant = PoisonCorpus.mutated(PoisonCorpus.sound(index), &random)
                if poison.insert(variant).inserted { ordered.append(variant) }
            }
            count += poison.count
            try await run(ordered, poison, lab)
        }
        print("F15: \(count) variants")
        try await hardArguments(lab)
        try await lab.produce(20)
        try await lab.drain()
        lab.expect(lab.running.count == 2, "\(lab.running.count) of 2 workers have survived")
    }

    private func run(_ ordered: [[UInt8]], _ poison: Set<[UInt8]>, _ lab: Lab) async throws {
        for start in stride(from: 0, to: ordered.count, by: 500) {
            var command = RedisCommand("LPUSH", "queue:default")
            for bytes in ordered[start..<min(start + 500, ordered.count)] { command.append(bytes) }
            _ = try await lab.probe.client.send(command)
            if start.isMultiple(of: 10_000) { try await lab.produce(10) }
        }
        try await eventually("the queue is empty and nothing is in flight", timeout: .seconds(100)) {
            guard try await lab.probe.number("LLEN", "queue:default") == 0 else { return false }
            for process in try await lab.probe.set("flume:processes") {
                guard try await lab.probe.number("HLEN", "flume:inflight:\(process)") == 0 else { return false }
            }
            return true
        }
        try await judge(poison, lab)
    }

    /// Where each of them is; then they are taken away, so that what is left is the producer's.
    private func judge(_ poison: Set<[UInt8]>, _ lab: Lab) async throws {
        let dead = Set(try await lab.probe.rawMembers("dead"))
        let others = try await lab.probe.number("ZCARD", "retry")
        let unreadable = poison.filter { (try? JobPayload(parsing: $0)) == nil }
        let missing = unreadable.subtracting(dead)
        let first = missing.first.map { String(decoding: $0.prefix(200), as: UTF8.self) } ?? ""
        lab.expect(
            missing.isEmpty, "\(missing.count) that cannot be read are not in the dead set as they were: \(first)")
        let kept = dead.count + others
        lab.expect(kept == poison.count, "\(kept) of \(poison.count) are in the dead set or to be retried")
        lab.expect(unreadable.count > 100 && kept > unreadable.count, "\(unreadable.count) could not be read: no test")
        try await lab.expectPages(ofPoison: true)
        try await look(at: dead.filter(PoisonCorpus.payloads.contains), lab)
        try await lab.probe.send("DEL", "dead", "retry")
    }

    /// Whoever looks for the reason must be able to look, at each of the corpus too.
    ///
    /// But for sound JSON that is no object, such as `[]`: one of those in the dead set, and Sidekiq's own page of it is an error.
    private func look(at corpus: Set<[UInt8]>, _ lab: Lab) async throws {
        let shown = corpus.filter { payload in
            guard let value = try? JSONValue(parsing: payload) else { return true }
            guard case .object = value else { return false }
            return true
        }.sorted { $0.lexicographicallyPrecedes($1) }
        // As many as there are on a page.
        for start in stride(from: 0, to: shown.count, by: 25) {
            try await lab.probe.send("DEL", "dead")
            for (index, payload) in shown[start..<min(start + 25, shown.count)].enumerated() {
                var command = RedisCommand("ZADD", "dead", "\(index + 1)")
                command.append(payload)
                _ = try await lab.probe.client.send(command)
            }
            try await lab.expectPages(ofPoison: true)
        }
    }

    /// Numbers and strings that not every type holds, for a handler that takes them as they are and for some that decode.
    private func hardArguments(_ lab: Lab) async throws {
        var jids: [String] = []
        for (index, argument) in PoisonCorpus.arguments.enumerated() {
            for name in ["LabQuick", "LabSwallow", "LabSleep", "LabFail"] {
                // To wait for ten to the twentieth seconds is sound, and of no use here.
                if name == "LabSleep", !argument.hasPrefix("\""), argument != "1e400" { continue }
                let jid = "hard-\(index)-\(name)"
                jids.append(jid)
                try await lab.enqueue(
                    #"{"class":"\#(name)","args":[\#(argument)],"jid":"\#(jid)","queue":"default","retry":0}"#, jid: jid
                )
            }
        }
        // What cannot be decoded has no run, and is dead.
        lab.admitFailure(of: jids)
        try await lab.drain()
        let ledger = lab.ledger
        let dead = Set(try await lab.probe.members("dead").compactMap { try JobPayload(parsing: Array($0.utf8)).jid })
        for jid in jids {
            let isDone = ledger.done.contains(jid)
            lab.expect(isDone != dead.contains(jid), "\(jid) is \(isDone ? "done and dead" : "neither done nor dead")")
            if jid.hasSuffix("LabQuick") { lab.expect(isDone, "\(jid) did not come through as it was") }
        }
        lab.expect(dead.count > 20, "\(dead.count) could not be decoded: no test")
    }
}
