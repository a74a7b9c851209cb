extension JobPayload {
    /// Makes a new job with Sidekiq 8's order of keys.
    ///
    /// What a push adds if it is missing: `jid`, `created_at`, and `enqueued_at` at the moment of the push.
    ///
    /// - Parameters:
    ///   - jobClass: The class that performs it, for Ruby a constant path such as `Deep::Nested::Job`.
    ///   - arguments: The positional arguments.
    ///   - queue: The bare name of the queue.
    ///   - retry: Ruby's default is `true`.
    ///   - options: Further fields, such as `backtrace`, `dead`, `tags`, `retry_queue`; written behind `queue`.
    ///   - jid: The id; leave it to the push unless a particular one is needed.
    ///   - createdAt: Leave it to the push unless a particular moment is needed; written in its own unit.
    ///   - enqueuedAt: As `createdAt`; must be left out of what goes into the schedule.
    public init(
        jobClass: String, arguments: [JSONValue] = [], queue: String = "default", retry: RetrySetting = .default,
        options: JSONObject = [:], jid: String? = nil, createdAt: Timestamp? = nil,
        enqueuedAt: Timestamp? = nil
    ) {
        self.init(
            jobClass: jobClass, encodedArguments: JSONValue.array(arguments).json, queue: queue, retry: retry,
            options: options, jid: jid, createdAt: createdAt, enqueuedAt: enqueuedAt)
    }

    /// Makes a new job of arguments that ``ArgumentsEncoder`` has written; see the other initializer.
    package init(
        jobClass: String, encodedArguments: [UInt8], queue: String = "default", retry: RetrySetting = .default,
        options: JSONObject = [:], jid: String? = nil, createdAt: Timestamp? = nil,
        enqueuedAt: Timestamp? = nil
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedArguments.count + 192)
        bytes.append(contentsOf: "{".utf8)
        if let retry = retry.json {
            bytes.append(contentsOf: "\"retry\":".utf8)
            JSONWriter.append(retry, to: &bytes)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.append(contentsOf: "\"queue\":".utf8)
        JSONWriter.append(queue, to: &bytes)
        for member in options.members where KnownField(key: member.key)?.isSetByInitializer != true {
            bytes.append(UInt8(ascii: ","))
            JSONWriter.append(member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONWriter.append(member.value, to: &bytes)
        }
        bytes.append(contentsOf: ",\"args\":".utf8)
        bytes.append(contentsOf: encodedArguments)
        bytes.append(contentsOf: ",\"class\":".utf8)
        JSONWriter.append(jobClass, to: &bytes)
        if let jid {
            bytes.append(contentsOf: ",\"jid\":".utf8)
            JSONWriter.append(jid, to: &bytes)
        }
        if let createdAt {
            bytes.append(contentsOf: ",\"created_at\":".utf8)
            bytes.append(contentsOf: createdAt.json(unit: createdAt.unit))
        }
        if let enqueuedAt {
            bytes.append(contentsOf: ",\"enqueued_at\":".utf8)
            bytes.append(contentsOf: enqueuedAt.json(unit: enqueuedAt.unit))
        }
        bytes.append(UInt8(ascii: "}"))
        self.init(trusting: bytes)
    }

    /// Checks what a push must not write, because some reader could not read it.
    ///
    /// - Throws: No class, `args` not an array, too large, too deep (Ruby's limit of 100), in words for the caller.
    public func checkStorable(limits: PayloadLimits = .default) throws(PayloadError) {
        let checked = try JobPayload(parsing: bytes, limits: limits)
        guard let range = checked.fields[.arguments], bytes[range.lowerBound] == UInt8(ascii: "[") else {
            throw PayloadError(
                .invalidArguments, at: checked.fields[.arguments]?.lowerBound,
                "The payload has no array in \"args\". Arguments are positional; pass [] for none.")
        }
        try checked.checkOptions()
    }

    /// What Sidekiq's client refuses besides.
    private func checkOptions() throws(PayloadError) {
        if let place = fields[.queue], bytes[place.lowerBound] != UInt8(ascii: "\"") || place.count < 3 {
            throw PayloadError(
                .invalidValue, at: place.lowerBound,
                "The payload's \"queue\" is not a name. Leave it out for \"default\".")
        }
        if let place = fields[.queue], let owner = KeySpace.owner(ofQueue: bytes[place].dropFirst().dropLast()) {
            throw PayloadError(
                .invalidValue, at: place.lowerBound,
                "The payload's \"queue\" is where \(owner). Choose another name.")
        }
        if let place = fields[.tags], bytes[place.lowerBound] != UInt8(ascii: "[") {
            throw PayloadError(
                .invalidValue, at: place.lowerBound,
                "The payload's \"tags\" is not an array; Sidekiq's Web UI needs one.")
        }
        if let seconds = retryFor, seconds > 1_000_000_000 {
            throw PayloadError(
                .invalidValue, at: fields[.retryFor]?.lowerBound,
                "The payload's \"retry_for\" is \(seconds): it is a span in seconds, at most 1,000,000,000, not a time."
            )
        }
    }
}

extension KnownField {
    fileprivate var isSetByInitializer: Bool {
        switch self {
        case .jid, .jobClass, .arguments, .queue, .retry, .createdAt, .enqueuedAt: true
        case .retryCount, .failedAt, .retriedAt, .retryFor, .retryQueue, .wrapped, .displayClass,
            .backtrace, .dead, .tags, .at, .uniqueFor, .uniqueUntil, .uniqueToken, .logLevel:
            false
        }
    }
}
