package import FlumeWire

extension CronEntry {
    /// The job for a time.
    package func payload(for time: Timestamp) throws -> JobPayload {
        let argument = tickArgument.value(for: time)
        if ActiveJobEnvelope.wraps(payload) {
            return try ActiveJobEnvelope(payload).renewed(appending: argument.map(Self.activeJobArgument), now: time)
        }
        guard isActiveJob || argument != nil else { return payload }
        let arguments = try payload.arguments() + (argument.map { [$0] } ?? [])
        var payload = payload
        payload.set("args", to: .array(isActiveJob ? arguments.map(Self.activeJobArgument) : arguments))
        return isActiveJob ? try ActiveJobEnvelope(wrapping: payload, now: time).payload : payload
    }

    /// A hash carries which of its keys were symbols, if it does not say so itself.
    private static func activeJobArgument(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items):
            return .array(items.map(activeJobArgument))
        case .object(var object):
            guard !object.members.contains(where: { $0.key.hasPrefix("_aj_") }) else { return value }
            for member in object.members { object[member.key] = activeJobArgument(member.value) }
            object["_aj_symbol_keys"] = .array([])
            return .object(object)
        case .null, .bool, .number, .string:
            return value
        }
    }
}
