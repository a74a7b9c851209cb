/// What a process hears that asks after a cron schedule.
package struct CronWatch: Sendable, Hashable {
    /// Whose entries are in force.
    package enum Holder: Int, Sendable, Hashable {
        case nobody = -1
        case others = 0
        case thisProcess = 1
    }

    package var holder: Holder
    /// Redis's time, in microseconds since 1970.
    package var now: Int
    /// What became of the entries; nothing unless they are those of this process.
    package var entries: [String: CronEntryState]

    package init(holder: Holder, now: Int, entries: [String: CronEntryState]) {
        self.holder = holder
        self.now = now
        self.entries = entries
    }
}
