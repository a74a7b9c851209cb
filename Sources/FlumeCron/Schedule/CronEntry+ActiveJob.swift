public import FlumeActiveJob
import FlumeWire

/// Periodic jobs of ActiveJob classes.
extension CronEntry {
    /// Makes an entry for an ActiveJob job.
    ///
    /// Each tick's job has a `job_id` of its own. With a `tickArgument` the job's last positional property is to be an
    /// optional `Double`, or for ``TickArgument/object`` an optional `[String: Double]`, which is nil here: the time
    /// takes its place.
    ///
    /// - Parameters:
    ///   - name: what it is known by.
    ///   - expression: such as `0 3 * * *`; a time zone may stand behind it. See ``CronExpression``.
    ///   - zone: the time zone of an expression without one.
    ///   - job: the job.
    ///   - options: in place of the type's own.
    ///   - tickArgument: whether the job is told the time of its tick.
    ///   - missed: what becomes of ticks at which no process was there.
    ///   - isEnabled: whether it is enabled to begin with.
    ///   - description: a sentence for people.
    /// - Throws: ``CronError``, which names the field and the accepted forms; `ArgumentsError`.
    public init<J: ActiveJob>(
        _ name: String, _ expression: String, zone: String = "UTC", job: J, options: ActiveJobOptions? = nil,
        tickArgument: TickArgument = .none, missed: MissedTicks = .runOnce, isEnabled: Bool = true,
        description: String = ""
    ) throws {
        // The same in every process, or each would think the schedule changed; a tick puts id and time in their place.
        let payload = try (options ?? J.options)
            .makePayload(job, now: Timestamp(microseconds: 0), due: nil, jobID: "")
        try self.init(
            name, expression, zone: zone, payload: payload, tickArgument: tickArgument, missed: missed,
            isEnabled: isEnabled, description: description)
    }
}
