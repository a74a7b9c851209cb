extension JobPayload {
    /// `jid`: the job's id, any string; nil if there is none.
    public var jid: String? {
        string(.jid)
    }

    /// `class`: the name of the job class, for ActiveJob the wrapper's.
    ///
    /// Never nil in a payload just read.
    public var jobClass: String? {
        string(.jobClass)
    }

    /// `wrapped`: the job class inside an ActiveJob wrapper.
    public var wrapped: String? {
        string(.wrapped)
    }

    /// `queue`: the bare name of the queue.
    ///
    /// The list a job was fetched from decides, not this field.
    public var queue: String? {
        string(.queue)
    }

    /// `retry_queue`: where retries go instead of the queue.
    public var retryQueue: String? {
        string(.retryQueue)
    }

    /// `retry`.
    public var retry: RetrySetting {
        RetrySetting(raw: raw(.retry))
    }

    /// `retry_count`: nil before the first failure, 0 after it; `null` is absent (Exq), −1 is possible (Web UI).
    public var retryCount: Int? {
        raw(.retryCount).flatMap { RawScalar.truncatedInteger($0) }
    }

    /// `retry_for`: for how many seconds after the first failure retries go on.
    public var retryFor: Int? {
        raw(.retryFor).flatMap { RawScalar.truncatedInteger($0) }
    }

    /// `created_at`: when the job was pushed or scheduled first.
    public var createdAt: Timestamp? {
        timestamp(.createdAt)
    }

    /// `enqueued_at`: when the job was last put into a list; absent while scheduled.
    public var enqueuedAt: Timestamp? {
        timestamp(.enqueuedAt)
    }

    /// `failed_at`: the time of the first failure.
    public var failedAt: Timestamp? {
        timestamp(.failedAt)
    }

    /// `retried_at`: the time of the latest failure after the first.
    public var retriedAt: Timestamp? {
        timestamp(.retriedAt)
    }

    /// `backtrace`: how many lines of a backtrace a failure stores.
    public var backtrace: BacktraceSetting {
        BacktraceSetting(raw: raw(.backtrace))
    }

    /// `dead`: whether the job goes to the dead set when its retries are used up; false only if literally `false`.
    public var dead: Bool {
        raw(.dead)?.first != UInt8(ascii: "f")
    }

    /// `log_level`: from which level on the job is to be logged while it runs, in Ruby's words such as `"debug"`.
    public var logLevel: String? {
        string(.logLevel)
    }

    /// `tags`: the strings among the tags.
    public var tags: [String] {
        guard raw(.tags) != nil else { return [] }
        return self["tags"]?.array?.compactMap(\.string) ?? []
    }

    /// The raw JSON of `args`; nil if there are none (`null` counts as none).
    public var argumentBytes: ArraySlice<UInt8>? {
        raw(.arguments).flatMap { $0.first == UInt8(ascii: "n") ? nil : $0 }
    }

    /// The arguments; none when `args` is absent or `null`, as in Ruby.
    ///
    /// - Throws: When `args` is not an array.
    public func arguments() throws(PayloadError) -> [JSONValue] {
        guard let range = fields[.arguments], bytes[range.lowerBound] != UInt8(ascii: "n") else { return [] }
        guard case .array(let arguments) = JSONValue.build(bytes, range) else {
            throw PayloadError(
                .invalidArguments, at: range.lowerBound,
                "The payload's \"args\" at byte \(range.lowerBound) is \(JSONKind(bytes[range.lowerBound])), "
                    + "not an array. Fix the producer: arguments are positional.")
        }
        return arguments
    }

    /// The unit its time stamps are in, for writing further ones.
    ///
    /// Milliseconds only if all of them are: a float among them is from a worker (Sidekiq 7, Exq) that cannot read
    /// milliseconds. Nil if there are none.
    public var timestampUnit: Timestamp.Unit? {
        let found = [createdAt, enqueuedAt, failedAt, retriedAt].compactMap { $0?.unit }
        guard !found.isEmpty else { return nil }
        return found.allSatisfy { $0 == .milliseconds } ? .milliseconds : .floatSeconds
    }

    func raw(_ field: KnownField) -> ArraySlice<UInt8>? {
        fields[field].map { bytes[$0] }
    }

    func string(_ field: KnownField) -> String? {
        guard let range = fields[field], bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return JSONStringCoding.decode(bytes, range)
    }

    private func timestamp(_ field: KnownField) -> Timestamp? {
        raw(field).flatMap { Timestamp(json: $0) }
    }
}
