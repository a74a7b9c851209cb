/// From a value to the JSON that ActiveJob would write for it.
extension ActiveJobValue {
    /// Writes one argument.
    ///
    /// - Throws: What ActiveJob, or the Rails that is to read it, has no form for.
    public func json(_ coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) -> JSONValue {
        try json(coding, ArgumentPath(position: 0))
    }

    func json(_ coding: ActiveJobCoding, _ path: ArgumentPath) throws(ArgumentsError) -> JSONValue {
        switch self {
        case .null: return .null
        case .bool(let bool): return .bool(bool)
        case .number(let number): return .number(number)
        case .string(let string): return .string(string)
        case .array(let elements):
            var array: [JSONValue] = []
            for (index, element) in elements.enumerated() {
                array.append(try element.json(coding, path.appending(index: index)))
            }
            return .array(array)
        case .hash(let hash):
            return .object(try hash.json(coding, path))
        case .symbol(let symbol):
            return try tagged(.symbol, ["value": .string(symbol.name)], coding, path)
        case .time(let time):
            return try json(of: time, coding, path)
        case .date(let date):
            return try tagged(.date, ["value": .string(date.description)], coding, path)
        case .duration(let duration):
            var parts: [JSONValue] = []
            for part in duration.parts {
                let unit = ActiveJobValue.symbol(RubySymbol(part.unit))
                parts.append(.array([try unit.json(coding, path), .number(part.amount)]))
            }
            return try tagged(.duration, ["value": .number(duration.value), "parts": .array(parts)], coding, path)
        case .decimal(let decimal):
            // Rails itself writes the bare text up to 7.0.
            guard coding.rails >= ActiveJobTags.Serializer.bigDecimal.since else { return .string(decimal.description) }
            return try tagged(.bigDecimal, ["value": .string(decimal.description)], coding, path)
        case .range(let range):
            let begin = try range.begin?.json(coding, path.appending(name: "begin")) ?? .null
            let end = try range.end?.json(coding, path.appending(name: "end")) ?? .null
            return try tagged(
                .range, ["begin": begin, "end": end, "exclude_end": .bool(range.excludesEnd)], coding, path)
        case .module(let module):
            return try tagged(.module, ["value": .string(module.name)], coding, path)
        case .globalID(let id):
            return [ActiveJobTags.globalID: .string(id.uri)]
        case .object(let object):
            var members: JSONObject = [ActiveJobTags.serialized: .string(object.serializer)]
            for member in object.members.members { members[member.key] = member.value }
            return .object(members)
        }
    }

    private func json(
        of time: RubyTime, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> JSONValue {
        let value = JSONValue.string(time.description)
        switch time.kind {
        case .time:
            return try tagged(.time, ["value": value], coding, path)
        case .dateTime:
            // DateTime has no `Z`.
            let utc = RubyTime(
                secondsSinceEpoch: time.secondsSinceEpoch, nanosecond: time.nanosecond, offset: time.offset ?? 0)
            return try tagged(.dateTime, ["value": .string(utc.description)], coding, path)
        case .timeWithZone(let zone):
            guard let zone, coding.rails >= .v7_1 else {
                return try tagged(.timeWithZone, ["value": value], coding, path)
            }
            return try tagged(.timeWithZone, ["value": value, "time_zone": .string(zone)], coding, path)
        }
    }

    private func tagged(
        _ serializer: ActiveJobTags.Serializer, _ members: KeyValuePairs<String, JSONValue>, _ coding: ActiveJobCoding,
        _ path: ArgumentPath
    ) throws(ArgumentsError) -> JSONValue {
        guard coding.rails >= serializer.since else {
            throw ArgumentsError(
                .notStorable, path,
                "\(kindInWords) can be stored from Rails \(serializer.since) on, and this is for Rails \(coding.rails)")
        }
        let tag = JSONObject.Member(key: ActiveJobTags.serialized, value: .string(serializer.name))
        return .object(JSONObject([tag] + members.map { JSONObject.Member(key: $0.key, value: $0.value) }))
    }
}

extension ActiveJobHash {
    func json(_ coding: ActiveJobCoding, _ path: ArgumentPath) throws(ArgumentsError) -> JSONObject {
        var result: [JSONObject.Member] = []
        for member in members {
            guard !ActiveJobTags.reserved.contains(member.key) else {
                throw ArgumentsError(.notStorable, path, "ActiveJob keeps the key \(member.key) for itself")
            }
            let value = try member.value.json(coding, path.appending(name: member.key))
            result.append(.init(key: member.key, value: value))
        }
        let symbols = JSONValue.array(members.filter(\.isSymbol).map { .string($0.key) })
        switch kind {
        case .plain: result.append(.init(key: ActiveJobTags.symbolKeys, value: symbols))
        case .keywords: result.append(.init(key: ActiveJobTags.keywords, value: symbols))
        case .indifferent: result.append(.init(key: ActiveJobTags.indifferent, value: true))
        }
        return JSONObject(result)
    }
}
