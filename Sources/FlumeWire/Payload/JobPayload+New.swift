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
    public init(
        jobClass: String, arguments: [JSONValue] = [], queue: String = "default", retry: RetrySetting = .default,
        options: JSONObject = [:], jid: String? = nil, createdAt: Timestamp? = nil
    ) {
        self.init(
            jobClass: jobClass, encodedArguments: JSONValue.array(arguments).json, queue: queue, retry: retry,
            options: options, jid: jid, createdAt: createdAt)
    }

    /// Makes a new job of arguments that ``ArgumentsEncoder`` has written; see the other initializer.
    package init(
        jobClass: String, encodedArguments: [UInt8], queue: String = "default", retry: RetrySetting = .default,
        options: JSONObject = [:], jid: String? = nil, createdAt: Timestamp? = nil
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encodedArguments.count + 192)
        func append(_ key: StaticString, _ value: (inout [UInt8]) -> Void) {
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            JSONWriter.append("\(key)", to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            value(&bytes)
        }
        if let retry = retry.json { append("retry") { JSONWriter.append(retry, to: &$0) } }
        append("queue") { JSONWriter.append(queue, to: &$0) }
        for member in options.members where KnownField(key: member.key)?.isSetByInitializer != true {
            bytes.append(UInt8(ascii: ","))
            JSONWriter.append(member.key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONWriter.append(member.value, to: &bytes)
        }
        append("args") { $0.append(contentsOf: encodedArguments) }
        append("class") { JSONWriter.append(jobClass, to: &$0) }
        if let jid { append("jid") { JSONWriter.append(jid, to: &$0) } }
        if let createdAt { append("created_at") { $0.append(contentsOf: createdAt.json(unit: createdAt.unit)) } }
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
    }
}

extension KnownField {
    fileprivate var isSetByInitializer: Bool {
        switch self {
        case .jid, .jobClass, .arguments, .queue, .retry, .createdAt: true
        case .retryCount, .enqueuedAt, .failedAt, .retriedAt, .retryFor, .retryQueue, .wrapped, .displayClass,
            .backtrace, .dead, .tags:
            false
        }
    }
}
