public import Flume
public import FlumeWire

/// A periodic job: which one, and when.
///
/// ```swift
/// try CronEntry("nightly report", "0 3 * * * Europe/Berlin", job: Report(kind: "daily"))
/// try CronEntry(
///     "clean up", "@hourly", payload: JobPayload(jobClass: "CleanUpJob", arguments: [30]), tickArgument: .seconds,
///     missed: .skip)
/// ```
public struct CronEntry: Sendable, Hashable {
    /// What it is known by: in Redis, and to ``CronControl``.
    public let name: String
    /// When it runs.
    public let expression: CronExpression
    /// The job that each tick enqueues, without `jid` and times.
    public let payload: JobPayload
    /// Whether the job is told the time of its tick.
    public var tickArgument: TickArgument
    /// What becomes of ticks at which no process was there.
    public var missed: MissedTicks
    /// Whether it is enabled until somebody switches it with ``CronControl``.
    public var isEnabled: Bool
    /// A sentence for people.
    public var description: String
    /// Whether the job is wrapped as ActiveJob wraps its jobs, for a class of a Rails app that inherits from it.
    public var isActiveJob: Bool

    /// Makes an entry for a raw payload: for classes that have no Swift type.
    ///
    /// - Parameters:
    ///   - name: what it is known by.
    ///   - expression: such as `0 3 * * *`; a time zone may stand behind it. See ``CronExpression``.
    ///   - zone: the time zone of an expression without one.
    ///   - payload: with `class`, `args`, `queue`.
    ///   - tickArgument: whether the job is told the time of its tick.
    ///   - missed: what becomes of ticks at which no process was there.
    ///   - isEnabled: whether it is enabled to begin with.
    ///   - description: a sentence for people.
    ///   - isActiveJob: whether the class is one of ActiveJob's in Ruby.
    /// - Throws: ``CronError``, which names the field and the accepted forms.
    public init(
        _ name: String, _ expression: String, zone: String = "UTC", payload: JobPayload,
        tickArgument: TickArgument = .none, missed: MissedTicks = .runOnce, isEnabled: Bool = true,
        description: String = "", isActiveJob: Bool = false
    ) throws(CronError) {
        guard !name.allSatisfy(\.isWhitespace) else {
            throw CronError(field: "name", message: "a periodic job needs a name")
        }
        if case .runAll(let limit) = missed, !MissedTicks.limits.contains(limit) {
            let (least, most) = (MissedTicks.limits.lowerBound, MissedTicks.limits.upperBound)
            throw CronError(field: "missed", message: "found a limit of \(limit), expected \(least) to \(most)")
        }
        do throws(PayloadError) {
            try payload.checkStorable()
        } catch {
            throw CronError(field: "payload", message: "\(error)")
        }
        self.name = name
        self.expression = try CronExpression(expression, zone: zone)
        var payload = payload
        // Each tick's job has an id of its own.
        payload.remove("jid")
        self.payload = payload
        self.tickArgument = tickArgument
        self.missed = missed
        self.isEnabled = isEnabled
        self.description = description
        self.isActiveJob = isActiveJob
    }

    /// Makes an entry for a job.
    ///
    /// With a `tickArgument` the job's last property is to be an optional `Double`, or for ``TickArgument/object`` an
    /// optional `[String: Double]`, which is nil here: the time takes its place.
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
    public init<J: Job>(
        _ name: String, _ expression: String, zone: String = "UTC", job: J, options: JobOptions? = nil,
        tickArgument: TickArgument = .none, missed: MissedTicks = .runOnce, isEnabled: Bool = true,
        description: String = ""
    ) throws {
        var payload = try JobPayload(job, options: options)
        if tickArgument != .none, var arguments = try? payload.arguments(), arguments.last == .null {
            arguments.removeLast()
            payload.set("args", to: .array(arguments))
        }
        try self.init(
            name, expression, zone: zone, payload: payload, tickArgument: tickArgument, missed: missed,
            isEnabled: isEnabled, description: description)
    }
}
