extension JobPayload {
    /// The raw JSON of any field; the last one of duplicates; nil if absent.
    public func rawValue(_ field: String) -> ArraySlice<UInt8>? {
        range(of: field).map { bytes[$0] }
    }

    /// The value of any field; nil if absent, `.null` if it is `null`.
    public subscript(field: String) -> JSONValue? {
        range(of: field).map { JSONValue.build(bytes, $0) }
    }

    /// Sets a field to a value: in place if it is there, else as the last member.
    ///
    /// Every other byte stays.
    ///
    /// Of duplicates only the last is kept. A value deeper than the limit makes the payload unreadable to Ruby:
    /// ``checkStorable(limits:)`` tells.
    public mutating func set(_ field: String, to value: JSONValue) {
        replace(field, with: value.json)
    }

    /// Sets a field to a moment, in the given unit; see ``set(_:to:)``.
    public mutating func set(_ field: String, to timestamp: Timestamp, unit: Timestamp.Unit) {
        replace(field, with: timestamp.json(unit: unit))
    }

    /// Sets a field to raw JSON that was written here; see ``set(_:to:)``.
    mutating func set(_ field: String, toTrusted json: [UInt8]) {
        replace(field, with: json)
    }

    /// Sets a field to raw JSON; see ``set(_:to:)``.
    ///
    /// - Throws: When the bytes are not one JSON value, or too deep inside a payload. The payload is unchanged then.
    public mutating func set(
        _ field: String, toJSON raw: some Collection<UInt8>, limits: PayloadLimits = .default
    ) throws(PayloadError) {
        let raw = Array(raw)
        do throws(JSONSyntaxError) {
            let start = try JSONScanner.skipBlank(raw.span, from: 0)
            guard start < raw.count else { throw JSONSyntaxError(.empty, at: 0) }
            let end = try JSONScanner.skipValue(raw.span, from: start, depth: 1, maximumDepth: limits.maximumDepth)
            let rest = try JSONScanner.skipBlank(raw.span, from: end)
            guard rest == raw.count else { throw JSONSyntaxError(.trailingBytes, at: rest) }
            let value = Array(raw[start..<end])
            replace(field, with: UTF8Repair.isValid(value) ? value : UTF8Repair.repaired(value))
        } catch {
            throw PayloadError(
                .invalidValue, at: error.offset, "The value given for \"\(field)\" is not JSON: \(error).")
        }
    }

    /// Removes a field, all of its duplicates included.
    ///
    /// Every other byte stays.
    public mutating func remove(_ field: String) {
        repairUTF8()
        cut(scan(for: field).members)
        fields = FieldIndex(trusting: bytes.span)
    }

    /// Whether the bytes are valid UTF-8 throughout, as whatever Ruby may have to write again must be.
    public var isValidUTF8: Bool {
        UTF8Repair.isValid(bytes)
    }

    /// The payload with each invalid UTF-8 sequence replaced by U+FFFD.
    public func repairingUTF8() -> JobPayload {
        var copy = self
        copy.repairUTF8()
        return copy
    }

    // MARK: Splicing

    struct Member {
        var key: Range<Int>
        var value: Range<Int>
    }

    /// The members of a name, and where a further member goes: behind the last value, or nil if there is none.
    private func scan(for field: String) -> (members: [Member], end: Int?) {
        var found: [Member] = []
        var end: Int?
        JSONScanner.forEachMember(bytes.span, from: JSONScanner.blankEnd(bytes.span, from: 0)) { key, value in
            if JSONStringCoding.isEqual(bytes, key, field) { found.append(Member(key: key, value: value)) }
            end = value.upperBound
        }
        return (found, end)
    }

    private func range(of field: String) -> Range<Int>? {
        if let known = KnownField(key: field) { return fields[known] }
        return scan(for: field).members.last?.value
    }

    private mutating func repairUTF8() {
        guard !isValidUTF8 else { return }
        self = JobPayload(trusting: UTF8Repair.repaired(bytes))
    }

    private mutating func replace(_ field: String, with json: [UInt8]) {
        repairUTF8()
        var (found, end) = scan(for: field)
        guard let last = found.popLast() else {
            append(field, json, behind: end)
            return
        }
        bytes.replaceSubrange(last.value, with: json)
        // Those stand before it, where nothing has moved.
        cut(found)
        fields = FieldIndex(trusting: bytes.span)
    }

    /// Appends a member behind the last value; what is before stays where it is, so the other fields do too.
    private mutating func append(_ field: String, _ json: [UInt8], behind end: Int?) {
        let place = end ?? min(JSONScanner.blankEnd(bytes.span, from: 0) + 1, bytes.count)
        var member: [UInt8] = end == nil ? [] : [UInt8(ascii: ",")]
        member.reserveCapacity(field.utf8.count + json.count + 4)
        JSONWriter.append(field, to: &member)
        member.append(UInt8(ascii: ":"))
        member.append(contentsOf: json)
        bytes.replaceSubrange(place..<place, with: member)
        if let known = KnownField(key: field) {
            fields.record(known, place + member.count - json.count, place + member.count)
        }
    }

    /// Takes members out, given in order, each together with the comma behind it, or the one before it where none follows.
    ///
    /// In one pass: who repeats a field a hundred thousand times must not hold up the loop that promotes its job.
    private mutating func cut(_ members: [Member]) {
        guard !members.isEmpty else { return }
        var rest: [UInt8] = []
        rest.reserveCapacity(bytes.count)
        var waiting = members[...]
        // Up to where the bytes are copied or left out, and where the last value ends that stays.
        var place = 0
        var keptEnd: Int?
        var cutFrom: Int?
        var end = 0
        JSONScanner.forEachMember(bytes.span, from: JSONScanner.blankEnd(bytes.span, from: 0)) { key, value in
            end = value.upperBound
            if waiting.first?.key.lowerBound == key.lowerBound {
                waiting.removeFirst()
                if cutFrom == nil { cutFrom = key.lowerBound }
            } else {
                if let start = cutFrom {
                    rest.append(contentsOf: bytes[place..<start])
                    place = key.lowerBound
                }
                cutFrom = nil
                keptEnd = end
            }
        }
        if let start = cutFrom {
            // Nothing stays behind them: the comma before them goes too.
            rest.append(contentsOf: bytes[place..<max(place, keptEnd ?? start)])
            place = end
        }
        rest.append(contentsOf: bytes[place...])
        bytes = rest
    }
}
