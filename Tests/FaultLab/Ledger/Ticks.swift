/// The periodic jobs that are done, by their tick.
struct Ticks: Sendable {
    /// The jids of each tick, in seconds since 1970.
    private(set) var jids: [Int: Set<String>] = [:]
    private var strange: [String] = []

    /// Reads them from a ledger.
    ///
    /// - Parameters:
    ///   - ledger: with jobs of the class LabTick, and others.
    ///   - isMeant: which runs count.
    init(in ledger: Ledger, where isMeant: (Ledger.Run) -> Bool = { _ in true }) {
        for run in ledger.runs where run.isDone && run.payload.contains(#""LabTick""#) && isMeant(run) {
            let argument = run.payload.split(separator: #""args":["#).last?.prefix { $0 != "]" } ?? ""
            if let tick = Double(argument) {
                jids[Int(tick), default: []].insert(run.jid)
            } else {
                strange.append("a periodic job has no tick: \(run.payload)")
            }
        }
    }

    /// What is wrong: ticks with more than one job, and those without one between the first and the last.
    ///
    /// - Parameter mayMiss: whether ticks may have been left out, as by a clock that jumped over them.
    /// - Returns: a sentence for each.
    func problems(mayMiss: Bool = false) -> [String] {
        guard let first = jids.keys.min(), let last = jids.keys.max() else { return strange + ["there was no tick"] }
        let ticks = mayMiss ? jids.keys.sorted() : Array(first...last)
        return strange
            + ticks.compactMap { tick in
                let count = jids[tick]?.count ?? 0
                return count == 1 ? nil : "tick \(tick) has \(count) jobs"
            }
    }
}
