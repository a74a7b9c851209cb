/// The fields of unique jobs, which are Exq's.
extension JobPayload {
    /// `unique_for`: how long its lock lasts at most, in seconds; nil if it is not unique.
    public var uniqueFor: Double? {
        raw(.uniqueFor).flatMap { RawScalar.double($0) }
    }

    /// `unique_until`: what ends its lock sooner; nil for a word that is unknown.
    public var uniqueUntil: UniqueUntil? {
        guard let place = fields[.uniqueUntil], bytes[place.lowerBound] != UInt8(ascii: "n") else { return .success }
        return string(.uniqueUntil).flatMap(UniqueUntil.init)
    }

    /// `unique_token`: what its lock is named by.
    public var uniqueToken: String? {
        string(.uniqueToken)
    }

    /// `unlocks_at`: when its lock ends by itself.
    public var unlocksAt: Timestamp? {
        rawValue("unlocks_at").flatMap { Timestamp(json: $0) }
    }

    /// Has the push of this payload take a lock, instead of what its fields said of one before.
    public mutating func makeUnique(_ uniqueness: Uniqueness) {
        remove("unique_token")
        for member in uniqueness.fields.members { set(member.key, to: member.value) }
    }

    /// The lock it may hold, whatever is to become of it.
    package var lock: UniqueLock? {
        guard fields[.uniqueToken] != nil, let token = uniqueToken, !token.isEmpty, let jid else { return nil }
        return UniqueLock(token: token, jid: jid)
    }

    /// Adds what a unique job is stored with: `unique_until` and `unique_token` where they are missing, and `unlocks_at`.
    ///
    /// - Parameters:
    ///   - due: when it is to run: the lock lasts `unique_for` from then.
    ///   - now: the moment of the push.
    /// - Returns: the lock to take and its milliseconds to live; nil for a job that is not unique.
    /// - Throws: when one of its fields has no meaning.
    package mutating func completeUnique(
        due: Timestamp, now: Timestamp
    ) throws(PayloadError) -> (lock: UniqueLock, milliseconds: Int)? {
        // Sidekiq Enterprise writes `false` where a class is unique and this job is not to be.
        guard let place = fields[.uniqueFor], !"nf".utf8.contains(bytes[place.lowerBound]) else { return nil }
        guard let span = uniqueFor, span > 0, let unlocksAt = Timestamp(seconds: due.seconds + span) else {
            throw fault(.uniqueFor, "a span of more than 0 seconds, up to the year 9999")
        }
        guard let until = uniqueUntil else {
            throw fault(.uniqueUntil, UniqueUntil.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "))
        }
        if let place = fields[.uniqueToken], bytes[place.lowerBound] != UInt8(ascii: "n"),
            uniqueToken?.isEmpty != false
        {
            throw fault(.uniqueToken, "a text that is not empty")
        }
        set("unique_until", to: .string(until.rawValue))
        if uniqueToken == nil { set("unique_token", to: .string(UniqueToken.make(for: self))) }
        set("unlocks_at", to: unlocksAt, unit: .floatSeconds)
        guard let lock else {
            throw PayloadError(.invalidValue, "The payload is unique and has no \"jid\" to hold its lock with.")
        }
        return (lock, max(1, (unlocksAt.microseconds - now.microseconds) / 1000))
    }

    private func fault(_ field: KnownField, _ expected: String) -> PayloadError {
        let found = raw(field).map { String(decoding: $0.prefix(100), as: UTF8.self) } ?? "missing"
        return PayloadError(
            .invalidValue, at: fields[field]?.lowerBound,
            "The payload's \"\(field.key)\" is \(found); write \(expected).")
    }
}
