public import FlumeWire

/// One job of a mixed bulk: what, and when.
///
/// ```swift
/// try await jobs.enqueueAll([
///     .job(WelcomeEmail(userID: 42, template: "hello")),
///     .job(WelcomeEmail(userID: 42, template: "late"), after: .seconds(300)),
///     .payload(JobPayload(jobClass: "LegacyRubyJob", arguments: [1], queue: "ruby")),
/// ])
/// ```
public struct BulkItem: Sendable {
    package enum Moment: Sendable {
        case now
        case at(Timestamp)
        case after(Duration)
    }

    let moment: Moment
    /// Encodes it for now or a time to come, which may fail; the failure then names its place in the bulk.
    let makePayload: @Sendable (JobClient, _ due: Timestamp?) throws -> JobPayload

    /// A typed job for as soon as possible.
    public static func job<J: Job>(_ job: J, options: JobOptions? = nil) -> BulkItem {
        typed(job, options, .now)
    }

    /// A typed job for a time.
    ///
    /// Past: as soon as possible.
    public static func job<J: Job>(_ job: J, at time: Timestamp, options: JobOptions? = nil) -> BulkItem {
        typed(job, options, .at(time))
    }

    /// A typed job for after a span of time.
    ///
    /// Not positive: as soon as possible.
    public static func job<J: Job>(_ job: J, after delay: Duration, options: JobOptions? = nil) -> BulkItem {
        typed(job, options, .after(delay))
    }

    /// A raw payload for as soon as possible.
    public static func payload(_ payload: JobPayload) -> BulkItem {
        BulkItem(moment: .now) { _, _ in payload }
    }

    /// A raw payload for a time.
    ///
    /// Past: as soon as possible.
    public static func payload(_ payload: JobPayload, at time: Timestamp) -> BulkItem {
        BulkItem(moment: .at(time)) { _, _ in payload }
    }

    /// A raw payload for after a span of time.
    ///
    /// Not positive: as soon as possible.
    public static func payload(_ payload: JobPayload, after delay: Duration) -> BulkItem {
        BulkItem(moment: .after(delay)) { _, _ in payload }
    }

    /// An item of a kind of its own.
    package init(
        moment: Moment, makePayload: @escaping @Sendable (JobClient, _ due: Timestamp?) throws -> JobPayload
    ) {
        self.moment = moment
        self.makePayload = makePayload
    }

    private static func typed<J: Job>(_ job: J, _ options: JobOptions?, _ moment: Moment) -> BulkItem {
        BulkItem(moment: moment) { client, _ in try client.makePayload(job, options ?? J.options) }
    }
}
