// Built by scripts/fuzz together with the sources of FlumeWire, not by the package: libFuzzer brings its own main.

/// One round: nothing may trap, and what is accepted must stay valid through every edit.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzPayload(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    fuzzValue(bytes)
    fuzzArguments(bytes)
    fuzzActiveJob(bytes)
    _ = BacktraceCoding.decode(String(decoding: bytes, as: UTF8.self))
    _ = Timestamp(json: bytes[...]).map { [$0.json(unit: .floatSeconds), Array(CivilTime($0).isoMinute.utf8)] }
    demand(UTF8Repair.isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "UTF-8 verdicts differ")

    guard var payload = try? JobPayload(parsing: bytes) else { return 0 }
    demand(payload.bytes == bytes, "reading changed the bytes")
    touch(payload)
    if let jid = payload.rawValue("jid") {
        var same = payload
        try? same.set("jid", toJSON: jid)
        let hasOneJid = JSONValue.build(bytes, 0..<bytes.count).object?.members.count == memberCount(bytes)
        if payload.isValidUTF8, hasOneJid { demand(same == payload, "setting what is there changed the bytes") }
    }
    payload.set("queue", to: "q\"\u{0}")
    check(payload)
    payload.remove("args")
    check(payload)
    demand(payload.rawValue("args") == nil, "removed, but still there")
    let failed = FailureFields(
        message: "m", errorClass: "E", backtrace: ["a"], failedAt: Timestamp(microseconds: 1), fetchedFrom: "q"
    ).applied(to: payload)
    check(failed)
    demand(failed.retryCount != nil && failed.failedAt != nil, "a failure was not counted")
    let work = WorkRecord(queue: "q", payload: bytes, runAt: Timestamp(microseconds: 0)).json
    demand((try? JSONValue(parsing: work)) != nil, "the work record is not JSON")
    return 0
}

private func fuzzValue(_ bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    let again = try? JSONValue(parsing: value.json)
    demand(again == value, "a value changed by writing and reading")
}

private func fuzzArguments(_ bytes: [UInt8]) {
    guard let decoder = try? ArgumentsDecoder(bytes[...]) else { return }
    _ = try? decoder.decode([Int].self)
    _ = try? decoder.decode([Double].self)
    _ = try? decoder.decode([[String: JSONValue]].self)
    _ = try? decoder.decode(String?.self, position: 0)
    _ = try? decoder.decode([UInt8].self, position: 1)
}

/// The bytes as the arguments of an ActiveJob job, with all its tagged values.
private func fuzzActiveJob(_ bytes: [UInt8]) {
    guard case .array(let values)? = try? JSONValue(parsing: bytes) else { return }
    let envelope = JSONValue.object(["job_class": "Job", "arguments": .array(values)])
    let payload = JobPayload(
        jobClass: "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper", arguments: [envelope])
    guard let read = try? ActiveJobEnvelope(payload), let arguments = try? read.arguments() else { return }
    for position in 0..<min(values.count, 4) {
        _ = try? arguments.decode(ActiveJobValue.self, position: position)
        _ = try? arguments.decode([String: Double].self, position: position)
        _ = try? arguments.decode([Int?].self, position: position)
    }
}

private func touch(_ payload: JobPayload) {
    _ = (payload.jid, payload.displayName, payload.handlerName, payload.queue, payload.retry, payload.retryCount)
    _ = (payload.createdAt, payload.timestampUnit, payload.retryFor, payload.backtrace, payload.tags, payload.dead)
    _ = try? payload.arguments()
    _ = try? payload.checkStorable()
}

/// What was edited must be valid JSON and UTF-8, and what is remembered must be what reading anew finds.
private func check(_ payload: JobPayload) {
    demand(payload.isValidUTF8, "an edit left invalid UTF-8")
    guard let again = try? JobPayload(parsing: payload.bytes, limits: PayloadLimits(maximumDepth: 128)) else {
        return demand((try? JSONValue(parsing: payload.bytes, maximumDepth: 128)) != nil, "an edit broke the JSON")
    }
    for field in ["jid", "class", "queue", "retry", "retry_count", "failed_at", "retried_at", "created_at", "tags"] {
        demand(payload.rawValue(field) == again.rawValue(field), "the place of a field is wrong")
    }
}

private func memberCount(_ bytes: [UInt8]) -> Int {
    var count = 0
    JSONScanner.forEachMember(bytes.span, from: JSONScanner.blankEnd(bytes.span, from: 0)) { _, _ in count += 1 }
    return count
}

private func demand(_ condition: Bool, _ message: String) {
    precondition(condition, message)
}
