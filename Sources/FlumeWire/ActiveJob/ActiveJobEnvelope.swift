/// An ActiveJob job as Sidekiq stores it: the payload, and the object in its `args` that is ActiveJob's own.
///
/// The bytes stay the producer's, as those of ``JobPayload`` do.
public struct ActiveJobEnvelope: Sendable, Hashable {
    /// The payload around it.
    public let payload: JobPayload
    /// `args[0]`, of which the same rules of reading and editing hold as of a payload.
    let inner: JobPayload

    /// Whether a payload is an ActiveJob job, by the class of its wrapper.
    public static func wraps(_ payload: JobPayload) -> Bool {
        payload.jobClass.map { JobPayload.activeJobWrappers.contains($0) } ?? false
    }

    /// Reads the envelope of a payload.
    ///
    /// - Throws: When `args` is not one object with a `job_class` and an array of `arguments`.
    public init(_ payload: JobPayload) throws(ArgumentsError) {
        var elements: [Range<Int>] = []
        if let arguments = payload.fields[.arguments], payload.bytes[arguments.lowerBound] == UInt8(ascii: "[") {
            JSONScanner.forEachElement(payload.bytes.span, from: arguments.lowerBound) { elements.append($0) }
        }
        guard elements.count == 1, let range = elements.first, payload.bytes[range.lowerBound] == UInt8(ascii: "{")
        else {
            throw ArgumentsError(
                .typeMismatch,
                "args: expected one object, as ActiveJob writes it, found \(Self.excerpt(payload.argumentBytes))")
        }
        self.payload = payload
        inner = JobPayload(trusting: Array(payload.bytes[range]))
        guard inner["job_class"]?.string?.isEmpty == false else {
            throw ArgumentsError(
                .typeMismatch, position: 0,
                "args[0].job_class: expected the name of a class, found \(Self.excerpt(inner.rawValue("job_class")))")
        }
    }

    private static func excerpt(_ raw: ArraySlice<UInt8>?) -> String {
        guard let raw else { return "nothing" }
        return JSONSource(bytes: Array(raw), range: 0..<raw.count).excerpt
    }

    /// The Ruby class of the job.
    public var jobClass: String { inner["job_class"]?.string ?? "" }

    /// ActiveJob's own id of the job, a UUID: it stays while retries change the jid.
    public var jobID: String? { inner["job_id"]?.string }

    /// The jid under which the previous attempt ran, if `retry_on` has enqueued this one.
    ///
    /// While a job runs, Ruby's `provider_job_id` is the jid instead.
    public var providerJobID: String? { inner["provider_job_id"]?.string }

    /// The queue that ActiveJob wants it in.
    public var queueName: String? { inner["queue_name"]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// ActiveJob's priority, which Sidekiq does not heed.
    public var priority: Int? { inner["priority"]?.int }

    /// How many attempts ActiveJob has made so far; Sidekiq's own retries do not count.
    public var executions: Int { Self.count(inner["executions"]) }

    /// How often each `retry_on` has applied, by the text of its exceptions, such as `[IOError]`.
    public var exceptionExecutions: [String: Int] {
        let members = inner["exception_executions"]?.object?.members ?? []
        return Dictionary(members.map { ($0.key, Self.count($0.value)) }) { $1 }
    }

    /// A count that one more can be added to.
    private static func count(_ json: JSONValue?) -> Int {
        min(max(json?.int ?? 0, 0), .max - 1)
    }

    /// The locale to run in.
    public var locale: String? { inner["locale"]?.string }

    /// The time zone to run in: `Time.zone.name`, an IANA name or one of Rails' own such as `Eastern Time (US & Canada)`.
    public var timezone: String? { inner["timezone"]?.string }

    /// When ActiveJob enqueued it.
    public var enqueuedAt: RubyTime? { inner["enqueued_at"]?.string.flatMap { RubyTime(iso8601: $0) } }

    /// For when ActiveJob scheduled it; Rails 7.1 and later say so.
    public var scheduledAt: RubyTime? { inner["scheduled_at"]?.string.flatMap { RubyTime(iso8601: $0) } }

    /// Where a job of Rails 8.1's `ActiveJob::Continuable` has got to: its steps `completed`, and the `current` one.
    public var continuation: JSONValue? { inner["continuation"].flatMap { $0.isNull ? nil : $0 } }

    /// How often such a job was interrupted and resumed.
    public var resumptions: Int? { inner["resumptions"]?.int }

    /// Any field of ActiveJob's object; nil if absent, `.null` if it is `null`.
    public subscript(field: String) -> JSONValue? { inner[field] }

    /// The arguments.
    ///
    /// - Throws: When they are none that ActiveJob writes; the message names the place and what is accepted there.
    public func arguments(coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) -> ActiveJobArguments {
        guard let elements = inner["arguments"]?.array else {
            throw ArgumentsError(
                .notAnArray,
                "args[0].arguments: expected an array, found \(Self.excerpt(inner.rawValue("arguments")))")
        }
        return try ActiveJobArguments(json: elements, coding: coding)
    }
}
