/// Keys of periodic jobs.
extension KeySpace {
    /// Set of the names of all cron schedules.
    package var cronSchedules: String { key("flume:cron") }
    /// What is in force of a cron schedule, a hash: entry name → its definition in JSON.
    package func cronEntries(_ schedule: String) -> String { key("flume:cron:" + schedule) }
    /// What became of the entries of a cron schedule, a hash: `<what>:<entry name>`, see watch.lua.
    package func cronState(_ schedule: String) -> String { key("flume:cron:\(schedule):state") }
    /// Digest of the entries in force, a string with PX that the processes which have these entries renew.
    package func cronForce(_ schedule: String) -> String { key("flume:cron:\(schedule):force") }
}
