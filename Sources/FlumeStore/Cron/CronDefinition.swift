/// An entry of a cron schedule as it is put in force.
package struct CronDefinition: Sendable, Hashable {
    package var name: String
    /// All of it, as JSON.
    package var json: [UInt8]
    /// What its ticks depend on; a change of it begins them anew.
    package var timing: String
    /// Whether it is enabled where it is written.
    package var isEnabled: Bool

    package init(name: String, json: [UInt8], timing: String, isEnabled: Bool) {
        self.name = name
        self.json = json
        self.timing = timing
        self.isEnabled = isEnabled
    }
}

/// A tick of a cron entry, and the job it enqueues.
package struct CronTickPush: Sendable {
    /// Seconds since 1970.
    package var tick: Int
    /// Where the job goes; `nil`: a tick without a job.
    package var item: PushItem?
    package var jid: String

    package init(tick: Int, item: PushItem?, jid: String) {
        self.tick = tick
        self.item = item
        self.jid = jid
    }
}
