public import FlumeCron

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension CronSchedule {
    /// Reads a YAML file of periodic jobs: sidekiq-cron's config/schedule.yml as it is, with a few keys more.
    ///
    /// ```yaml
    /// nightly report:                      # or a list whose items have a name
    ///   cron: "0 3 * * * Europe/Berlin"    # the zone may also stand in its own key, zone
    ///   class: Report
    ///   queue: reports                     # default
    ///   args: [daily]                      # one value that is no list is the only argument
    ///   description: Counts the day.
    ///   enabled: true                      # or status: disabled
    ///   date_as_argument: true             # adds the time of the tick, float seconds, behind the arguments
    ///   missed: once                       # of ticks without a process: skip, once, all, or the greatest number
    ///   retry: 5                           # Sidekiq's retry
    ///   active_job: true                   # the class is one of ActiveJob's
    /// ```
    /// ERB is understood as far as it puts in environment variables. Everything that is wrong is told at once.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - name: what tells the schedule from others on the same Redis.
    ///   - zone: the time zone of entries without one.
    ///   - variables: the environment variables; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong in the file, each with its line.
    public init(
        file path: String, name: String = "default", zone: String = "UTC", variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        try self.init(
            yaml: try FlumeSettings.text(ofFile: path), file: path, name: name, zone: zone, variables: variables)
    }

    /// Reads the text of a YAML file of periodic jobs.
    ///
    /// - Parameters:
    ///   - text: the text, of the form that ``init(file:name:zone:variables:)`` reads.
    ///   - path: the name of the file, for messages.
    ///   - name: what tells the schedule from others on the same Redis.
    ///   - zone: the time zone of entries without one.
    ///   - variables: the environment variables; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong, each with its line.
    public init(
        yaml text: String, file path: String = "config/schedule.yml", name: String = "default", zone: String = "UTC",
        variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        let template = try ERBTemplate(
            text, named: path, variables: variables ?? ProcessInfo.processInfo.environment)
        let root = try Source(yaml: template.text, named: path, lineOf: template.line(of:))
        var reader = CronReader(zone: zone)
        let entries = try reader.entries(from: root)
        do {
            try self.init(entries, name: name)
        } catch {
            throw root.problem(error.description)
        }
    }
}
