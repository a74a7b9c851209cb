/// The metadata keys of what a cron service logs, beside those that workers have too.
enum CronLogKeys {
    /// The name of the entry.
    static let entry = "flume.cron"
    /// The name of the schedule.
    static let schedule = "flume.schedule"
    /// The time of the tick, in seconds since 1970.
    static let tick = "flume.tick"
    /// The job's jid.
    static let jid = "flume.jid"
    /// The job's class.
    static let jobClass = "flume.class"
    /// How many of something.
    static let count = "flume.count"
    /// What went wrong.
    static let error = "flume.error"
}
