/// The Encoder of one value for ActiveJob's arguments.
struct ActiveJobEncoder: Encoder, SingleValueEncodingContainer {
    let fragment: ActiveJobFragment
    let path: ArgumentPath
    let coding: ActiveJobCoding

    /// How deep arguments may be: Ruby's 100 less what is around them.
    private static let greatestDepth = 94

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        fragment.beginHash()
        return KeyedEncodingContainer(ActiveJobHashEncodingContainer(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        fragment.beginArray()
        return ActiveJobArrayEncodingContainer(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        self
    }

    func encodeNil() {
        fragment.set(.null)
    }

    func encode<T: Encodable>(_ value: T) throws {
        fragment.set(try self.value(of: value, at: path))
    }

    /// An encoder of a value inside, which is added to nothing.
    func inner(_ path: ArgumentPath) -> ActiveJobEncoder {
        ActiveJobEncoder(fragment: ActiveJobFragment(), path: path, coding: coding)
    }

    /// The value of something inside, under a name.
    func value<T: Encodable>(of value: T, _ name: String) throws -> ActiveJobValue {
        try self.value(of: value, at: path.appending(name: name))
    }

    /// The complete value of something that is to stand at a path.
    func value<T: Encodable>(of value: T, at path: ArgumentPath) throws -> ActiveJobValue {
        if let scalar = value as? any JSONScalar { return try Self.value(of: scalar, path) }
        let inner = inner(path)
        if let special = value as? any ActiveJobArgument { return try special.activeJobValue(inner) }
        if let serializer = coding.serializer(for: T.self) { return try Self.value(of: value, by: serializer, path) }
        if let foreign = try ActiveJobFoundationValues.encode(value, inner) { return foreign }
        if let dictionary = value as? any TextKeyed { return try dictionary.activeJobValue(inner) }
        guard path.depth <= Self.greatestDepth else {
            throw ArgumentsError(
                .notStorable, path, "nested deeper than \(Self.greatestDepth) levels, which Ruby could not read")
        }
        try value.encode(to: inner)
        return try inner.fragment.finished(path)
    }

    /// Text, numbers and truth values are written by the rules of all arguments.
    private static func value(of scalar: any JSONScalar, _ path: ArgumentPath) throws -> ActiveJobValue {
        if let string = scalar as? String { return .string(string) }
        if let bool = scalar as? Bool { return .bool(bool) }
        var bytes: [UInt8] = []
        try scalar.write(to: &bytes, path)
        return .number(JSONNumber(trusted: String(decoding: bytes, as: UTF8.self)))
    }

    private static func value<T>(
        of value: T, by serializer: ActiveJobSerializer, _ path: ArgumentPath
    ) throws -> ActiveJobValue {
        do {
            let members = try serializer.encode(value) ?? [:]
            return .object(ActiveJobObject(serializer: serializer.name, members: members))
        } catch let error as ArgumentsError {
            throw error.moved(to: path)
        }
    }
}

/// A dictionary's keys are Strings in Ruby, a struct's are Symbols.
private protocol TextKeyed {
    func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue
}

extension Dictionary: TextKeyed where Key == String, Value: Encodable {
    fileprivate func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue {
        // A dictionary has no order; the same one is to give the same bytes each time.
        let members = try sorted { $0.key < $1.key }.map { key, value in
            ActiveJobHash.Member(key: key, value: try encoder.value(of: value, key))
        }
        return .hash(ActiveJobHash(members))
    }
}
