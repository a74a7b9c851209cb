/// What became of an entry of a cron schedule.
package struct CronEntryState: Sendable, Hashable {
    /// Seconds since 1970 up to which its ticks have been judged.
    package var tick = 0
    /// Whether anything says so: always, unless Redis has lost it.
    package var hasMark: Bool { tick != 0 }
    /// Whether its ticks enqueue jobs.
    package var isEnabled = false
    /// The last tick that enqueued a job, in seconds since 1970.
    package var lastTick: Int?
    /// When its last job was enqueued, in microseconds since 1970.
    package var lastEnqueued: Int?
    /// The jid of that job.
    package var lastJID: String?

    package init() {}

    /// Reads the fields and values of a state hash, for all entries in it.
    static func entries(of words: [String]) -> [String: CronEntryState] {
        var entries: [String: CronEntryState] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            // The name may contain colons, what stands before it does not.
            guard let colon = words[index].firstIndex(of: ":") else { continue }
            let name = String(words[index][words[index].index(after: colon)...])
            entries[name, default: CronEntryState()].set(words[index][..<colon], to: words[index + 1])
        }
        return entries
    }

    private mutating func set(_ what: Substring, to value: String) {
        switch what {
        case "tick": tick = Self.seconds(value) ?? 0
        case "enabled": isEnabled = value == "1"
        case "ran": lastTick = Self.seconds(value)
        case "at": lastEnqueued = Int(value)
        case "jid": lastJID = value
        default: break
        }
    }

    /// Seconds from 1970 up to the year 9999: arithmetic on them stays far from overflow.
    private static func seconds(_ value: String) -> Int? {
        Int(value).map { min(max($0, 0), 253_402_300_799) }
    }
}
