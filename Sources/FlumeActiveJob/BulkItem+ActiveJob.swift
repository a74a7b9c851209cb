public import Flume
public import FlumeWire

/// ActiveJob jobs among the jobs of a mixed bulk.
///
/// ```swift
/// let results = try await jobs.enqueueAll([.job(WelcomeEmail(userID: 42)), .job(ReportJob(account: account))])
/// ```
extension BulkItem {
    /// An ActiveJob job for as soon as possible.
    public static func job<J: ActiveJob>(_ job: J, options: ActiveJobOptions? = nil) -> BulkItem {
        activeJob(options, J.options, .now) { try $0.makePayload(job, now: $1, due: $2) }
    }

    /// An ActiveJob job for a time.
    ///
    /// Past: as soon as possible.
    public static func job<J: ActiveJob>(_ job: J, at time: Timestamp, options: ActiveJobOptions? = nil) -> BulkItem {
        activeJob(options, J.options, .at(time)) { try $0.makePayload(job, now: $1, due: $2) }
    }

    /// An ActiveJob job for after a span of time.
    ///
    /// Not positive: as soon as possible.
    public static func job<J: ActiveJob>(_ job: J, after delay: Duration, options: ActiveJobOptions? = nil) -> BulkItem
    {
        activeJob(options, J.options, .after(delay)) { try $0.makePayload(job, now: $1, due: $2) }
    }

    /// A job of an ActiveJob class that has no Swift type, for as soon as possible or a time.
    public static func activeJob(
        _ jobClass: String, arguments: [ActiveJobValue] = [], at time: Timestamp? = nil,
        options: ActiveJobOptions = ActiveJobOptions(), coding: ActiveJobCoding = ActiveJobCoding()
    ) -> BulkItem {
        activeJob(options, options, time.map { .at($0) } ?? .now) { options, now, due in
            let arguments = ActiveJobArguments(arguments, coding: coding)
            return try options.makePayload(jobClass, arguments, now: now, due: due)
        }
    }

    private static func activeJob(
        _ options: ActiveJobOptions?, _ own: ActiveJobOptions, _ moment: Moment,
        _ makePayload: @escaping @Sendable (ActiveJobOptions, Timestamp, Timestamp?) throws -> JobPayload
    ) -> BulkItem {
        let options = options ?? own
        return BulkItem(moment: moment) { client, due in try makePayload(options, client.currentTime, due) }
    }
}
