public import FlumeWire

/// Jobs for later. Sidekiq's `perform_in` and `perform_at`.
extension JobClient {
    /// The first second of the year 10000.
    private static let greatestTime = 253_402_300_800.0

    /// Enqueues a job to run after a span of time.
    ///
    /// Not positive: as soon as possible.
    ///
    /// - Returns: its jid; `nil` when a middleware stopped it, or when it is unique and another job holds its lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueue<J: Job>(_ job: J, after delay: Duration, options: JobOptions? = nil) async throws -> String? {
        try await enqueue(job, at: time(after: delay, from: now()), options: options)
    }

    /// The moment after a span of time.
    package func time(after delay: Duration, from now: Timestamp) throws(ScheduleError) -> Timestamp {
        let (seconds, attoseconds) = delay.components
        let microseconds = seconds.multipliedReportingOverflow(by: 1_000_000)
        let delay = microseconds.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        let due = now.microseconds.addingReportingOverflow(Int(delay.partialValue))
        guard !microseconds.overflow, !delay.overflow, !due.overflow,
            let time = Timestamp(seconds: Double(due.partialValue) / 1e6), time.seconds < Self.greatestTime
        else { throw ScheduleError.outOfRange }
        return Timestamp(microseconds: due.partialValue)
    }

    /// Enqueues a job to run at a time.
    ///
    /// Past: as soon as possible.
    ///
    /// - Returns: its jid; `nil` when a middleware stopped it, or when it is unique and another job holds its lock.
    /// - Throws: as ``enqueue(_:options:)``.
    @discardableResult
    public func enqueue<J: Job>(_ job: J, at time: Timestamp, options: JobOptions? = nil) async throws -> String? {
        try await push([makePayload(job, options ?? J.options)], at: time).first.flatMap(\.self)
    }
}

/// A time that no job can be scheduled for.
public struct ScheduleError: Error, Sendable, CustomStringConvertible {
    /// What was wrong.
    public let description: String

    static let outOfRange = ScheduleError(
        description: "the delay is too long; a job can be scheduled up to the year 9999")
}
