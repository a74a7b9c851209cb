/// What a push adds to a payload, in one splice: Sidekiq's `normalize_item`.
extension JobPayload {
    /// Adds `queue`, `retry`, `jid` and `created_at` where they are missing, and drops `at`, which is never stored.
    ///
    /// - Parameters:
    ///   - stamp: The moment of the push, as it is to be written.
    ///   - isEnqueued: Whether it goes into a queue as it is, so that `enqueued_at` can be written along.
    ///   - makeJID: Called when there is no `jid`.
    package mutating func complete(stamp: [UInt8], isEnqueued: Bool, makeJID: () -> String) {
        // Ruby fills in a `null` too.
        for field in [KnownField.jid, .createdAt] {
            if let place = fields[field], bytes[place.lowerBound] == UInt8(ascii: "n") { remove(field.key) }
        }
        if fields[.at] != nil { remove("at") }
        var members: [(KnownField, [UInt8])] = []
        members.reserveCapacity(5)
        if fields[.retry] == nil { members.append((.retry, Array("true".utf8))) }
        if fields[.queue] == nil { members.append((.queue, Array("\"default\"".utf8))) }
        if fields[.jid] == nil { members.append((.jid, JSONValue.string(makeJID()).json)) }
        if fields[.createdAt] == nil { members.append((.createdAt, stamp)) }
        if isEnqueued, fields[.enqueuedAt] == nil { members.append((.enqueuedAt, stamp)) }
        append(members)
    }

    /// Sets `enqueued_at`: the moment it is put into a queue.
    package mutating func stampEnqueued(_ stamp: [UInt8]) {
        guard let place = fields[.enqueuedAt] else { return append([(.enqueuedAt, stamp)]) }
        guard bytes[place].elementsEqual(stamp) else {
            set("enqueued_at", toTrusted: stamp)
            return
        }
    }

    /// Drops `enqueued_at`, which a job that waits in `schedule` does not have.
    package mutating func removeEnqueued() {
        if fields[.enqueuedAt] != nil { remove("enqueued_at") }
    }

    /// Appends members that are not there yet.
    ///
    /// What is before them stays where it is.
    private mutating func append(_ members: [(field: KnownField, json: [UInt8])]) {
        // The last brace may be one in a comment behind the object.
        guard !members.isEmpty, let end = fields.end(in: bytes.span) else { return }
        var text: [UInt8] = []
        text.reserveCapacity(members.reduce(0) { $0 + $1.json.count + 20 })
        for (field, json) in members {
            text.append(UInt8(ascii: ","))
            text.append(UInt8(ascii: "\""))
            text.append(contentsOf: field.key.utf8)
            text.append(UInt8(ascii: "\""))
            text.append(UInt8(ascii: ":"))
            fields.record(field, end + text.count, end + text.count + json.count)
            text.append(contentsOf: json)
        }
        bytes.replaceSubrange(end..<end, with: text)
    }
}
