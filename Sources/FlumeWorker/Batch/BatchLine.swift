import Flume
import NIOCore

/// Which jobs wait for company and which batches wait for a place: the decisions of a batcher, without its timers.
struct BatchLine<Member: Sendable> {
    /// What the jobs of a batch have in common.
    struct Key: Sendable, Hashable {
        var jobClass: String
        var group = ""
    }

    /// A batch, or a job that runs alone.
    struct Unit: Sendable {
        let id: Int
        /// `nil` for a job that runs alone.
        let key: Key?
        fileprivate(set) var members: [Member]
        /// Why it runs; `nil` while it waits for company only.
        fileprivate(set) var reason: FlumeEvent.FlushReason?
    }

    private let size: Int
    /// How many run at a time.
    var concurrency: Int
    private var nextID = 0
    private var running = 0
    private var units: [Int: Unit] = [:]
    /// The batch of each key that has room.
    private var open: [Key: Int] = [:]
    /// Those that wait for a place, the next first.
    ///
    /// What is overdue may still grow while it waits here.
    private var line = CircularBuffer<Int>()

    /// Whether nothing runs.
    var isIdle: Bool { running == 0 }

    init(size: Int, concurrency: Int) {
        self.size = max(1, size)
        self.concurrency = max(1, concurrency)
    }

    /// A job that needs no company.
    mutating func add(alone member: Member) {
        let id = add(Unit(id: nextID, key: nil, members: [member], reason: .size))
        line.append(id)
    }

    /// A job that may share a batch with others.
    ///
    /// - Returns: the number of the batch if this job began one that has room for more: its time runs from now.
    mutating func add(_ member: Member, to key: Key) -> Int? {
        let id: Int
        let isNew = open[key] == nil
        if let known = open[key] {
            id = known
            units[id]?.members.append(member)
        } else {
            id = add(Unit(id: nextID, key: key, members: [member], reason: nil))
            open[key] = id
        }
        guard let count = units[id]?.members.count, count >= size else { return isNew ? id : nil }
        open[key] = nil
        enqueue(id, .size)
        return nil
    }

    /// The first job of a batch has waited long enough.
    mutating func timeIsUp(for id: Int) {
        enqueue(id, .timeout)
    }

    /// Nothing waits for company any longer.
    mutating func flush() {
        for id in open.values.sorted() { enqueue(id, .shutdown) }
    }

    /// The largest batch, of several the oldest, waits no longer for company: there is no room for more jobs.
    ///
    /// - Returns: whether there was one, and nothing else to run in the place that is free.
    mutating func relieve() -> Bool {
        guard line.isEmpty, running < concurrency else { return false }
        let waiting = open.values.compactMap { units[$0] }
        guard let largest = waiting.max(by: { ($0.members.count, $1.id) < ($1.members.count, $0.id) }) else {
            return false
        }
        enqueue(largest.id, .pressure)
        return true
    }

    /// What runs now, if a place is free for it; it takes the place.
    mutating func takeNext() -> Unit? {
        guard running < concurrency, let id = line.popFirst(), let unit = units.removeValue(forKey: id) else {
            return nil
        }
        if let key = unit.key, open[key] == id { open[key] = nil }
        running += 1
        return unit
    }

    /// A place is free again.
    mutating func ended() { running -= 1 }

    /// Forgets everything that has not begun to run.
    mutating func removeAll() -> [Member] {
        defer {
            units = [:]
            open = [:]
            line.removeAll()
        }
        return units.values.flatMap(\.members)
    }

    private mutating func add(_ unit: Unit) -> Int {
        units[unit.id] = unit
        nextID += 1
        return unit.id
    }

    /// Puts a batch in line, once; one that has become full while in line says so.
    private mutating func enqueue(_ id: Int, _ reason: FlumeEvent.FlushReason) {
        guard let unit = units[id] else { return }
        if unit.reason == nil { line.append(id) }
        if unit.reason == nil || reason == .size { units[id]?.reason = reason }
    }
}
