/// From the JSON that ActiveJob writes to the value it stands for.
extension ActiveJobValue {
    /// Reads one argument.
    ///
    /// - Throws: Where the JSON is none that ActiveJob writes, what was expected there and what was found.
    public init(json: JSONValue, _ coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) {
        try self.init(json, coding, ArgumentPath(position: 0))
    }

    init(_ json: JSONValue, _ coding: ActiveJobCoding, _ path: ArgumentPath) throws(ArgumentsError) {
        switch json {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .number(let number): self = .number(number)
        case .string(let string): self = .string(string)
        case .array(let elements):
            self = .array(try Self.values(of: elements, coding, path))
        case .object(let object):
            self = try Self.tagged(object, coding, path)
        }
    }

    static func values(
        of elements: [JSONValue], _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> [ActiveJobValue] {
        var values: [ActiveJobValue] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            values.append(try ActiveJobValue(element, coding, path.appending(index: index)))
        }
        return values
    }

    private static func tagged(
        _ object: JSONObject, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobValue {
        if object.count == 1, let uri = object[ActiveJobTags.globalID] {
            return try globalID(uri, coding, path)
        }
        if let name = object[ActiveJobTags.serialized] {
            return try serialized(name, object, coding, path)
        }
        return .hash(try hash(object, coding, path))
    }

    private static func globalID(
        _ json: JSONValue, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobValue {
        guard let uri = json.string, let id = GlobalID(uri) else {
            throw malformed(json, path.appending(name: ActiveJobTags.globalID), "a GlobalID such as gid://app/Model/1")
        }
        guard let apps = coding.apps, !apps.contains(id.app) else { return .globalID(id) }
        throw ArgumentsError(
            .invalidValue, path,
            "\(uri) is of the application \(id.app); accepted are those of \(apps.sorted().joined(separator: ", "))")
    }

    // MARK: Serializers

    private static func serialized(
        _ name: JSONValue, _ object: JSONObject, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobValue {
        guard let name = name.string else {
            throw malformed(name, path.appending(name: ActiveJobTags.serialized), "the name of a serializer")
        }
        // An application may replace one of ActiveJob's own.
        if coding.serializer(named: name) != nil {
            var members = object
            members[ActiveJobTags.serialized] = nil
            return .object(ActiveJobObject(serializer: name, members: members))
        }
        guard let serializer = ActiveJobTags.Serializer(name: name) else {
            throw unknown(name, coding, path)
        }
        return try value(of: serializer, object, coding, path)
    }

    private static func unknown(_ name: String, _ coding: ActiveJobCoding, _ path: ArgumentPath) -> ArgumentsError {
        let own = coding.serializers.map(\.name).joined(separator: ", ")
        let builtIn = ActiveJobTags.Serializer.allCases.map(\.rawValue).joined(separator: ", ")
        return ArgumentsError(
            .typeMismatch, path,
            "no serializer \(name) is registered; registered are \(own.isEmpty ? "none" : own), "
                + "and ActiveJob's own \(builtIn)")
    }

    private static func value(
        of serializer: ActiveJobTags.Serializer, _ object: JSONObject, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobValue {
        func member<T>(
            _ key: String, _ expected: String, _ read: (JSONValue) -> T?
        ) throws(ArgumentsError) -> T {
            let json = object[key] ?? .null
            guard let value = read(json) else { throw malformed(json, path.appending(name: key), expected) }
            return value
        }
        func time(_ kind: RubyTime.Kind) throws(ArgumentsError) -> ActiveJobValue {
            let expected = "an ISO 8601 time such as 2024-02-29T12:34:56.789123456+01:00"
            return .time(try member("value", expected) { $0.string.flatMap { RubyTime(iso8601: $0, kind: kind) } })
        }
        switch serializer {
        case .symbol:
            return .symbol(RubySymbol(try member("value", "a string", \.string)))
        case .module:
            return .module(RubyModule(try member("value", "the name of a class or module", \.string)))
        case .time:
            return try time(.time)
        case .dateTime:
            return try time(.dateTime)
        case .timeWithZone:
            return try time(.timeWithZone(object["time_zone"]?.string))
        case .date:
            return .date(
                try member("value", "a date such as 2024-02-29") { $0.string.flatMap { RubyDate(iso8601: $0) } })
        case .bigDecimal:
            return .decimal(
                try member("value", "a decimal such as 0.123456e3") { $0.string.flatMap { BigDecimal($0) } })
        case .duration:
            let value = try member("value", "a number of seconds") { json -> JSONNumber? in
                if case .number(let number) = json { number } else { nil }
            }
            return .duration(RubyDuration(value: value, parts: try parts(object["parts"] ?? [], coding, path)))
        case .range:
            let excludesEnd = try member("exclude_end", "true or false", \.bool)
            func bound(_ key: String) throws(ArgumentsError) -> ActiveJobValue? {
                let value = try ActiveJobValue(object[key] ?? .null, coding, path.appending(name: key))
                // `nil` alone would be the value that stands for it.
                return value.isNull ? ActiveJobValue?.none : value
            }
            return .range(RubyRange(begin: try bound("begin"), end: try bound("end"), excludesEnd: excludesEnd))
        }
    }

    private static func parts(
        _ json: JSONValue, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> [RubyDuration.Part] {
        let path = path.appending(name: "parts")
        let expected = "pairs of a Symbol and a number"
        guard let pairs = json.array else { throw malformed(json, path, expected) }
        var parts: [RubyDuration.Part] = []
        for (index, pair) in pairs.enumerated() {
            let path = path.appending(index: index)
            let values = try values(of: pair.array ?? [], coding, path)
            guard values.count == 2, case .symbol(let unit) = values[0], case .number(let amount) = values[1] else {
                throw malformed(pair, path, expected)
            }
            parts.append(RubyDuration.Part(unit: unit.name, amount: amount))
        }
        return parts
    }

    // MARK: Hashes

    /// In the order in which Rails looks for the tags.
    private static func hash(
        _ object: JSONObject, _ coding: ActiveJobCoding, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobHash {
        var kind = ActiveJobHash.Kind.plain
        var symbols: Set<String> = []
        if object[ActiveJobTags.indifferent] ?? false != false {
            kind = .indifferent
        } else if let keys = object[ActiveJobTags.symbolKeys] {
            symbols = try names(keys, path.appending(name: ActiveJobTags.symbolKeys))
        } else if let keys = object[ActiveJobTags.keywords] {
            kind = .keywords
            symbols = try names(keys, path.appending(name: ActiveJobTags.keywords))
        }
        var members: [ActiveJobHash.Member] = []
        for member in object.members where !ActiveJobTags.reserved.contains(member.key) {
            let value = try ActiveJobValue(member.value, coding, path.appending(name: member.key))
            members.append(.init(key: member.key, value: value, isSymbol: symbols.contains(member.key)))
        }
        return ActiveJobHash(members, kind: kind)
    }

    private static func names(_ json: JSONValue, _ path: ArgumentPath) throws(ArgumentsError) -> Set<String> {
        let names = json.array?.compactMap(\.string)
        guard let names, names.count == json.array?.count else { throw malformed(json, path, "an array of keys") }
        return Set(names)
    }

    private static func malformed(_ json: JSONValue, _ path: ArgumentPath, _ expected: String) -> ArgumentsError {
        let bytes = json.json
        return JSONSource(bytes: bytes, range: 0..<bytes.count).mismatch(expected, path)
    }
}
