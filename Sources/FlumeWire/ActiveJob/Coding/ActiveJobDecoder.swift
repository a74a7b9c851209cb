import FoundationEssentials

/// The Decoder of one value among ActiveJob's arguments.
struct ActiveJobDecoder: Decoder, SingleValueDecodingContainer {
    let value: ActiveJobValue
    let path: ArgumentPath
    let coding: ActiveJobCoding

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// The decoder of a value inside, under a name.
    func inner(_ value: ActiveJobValue, _ name: String) -> ActiveJobDecoder {
        ActiveJobDecoder(value: value, path: path.appending(name: name), coding: coding)
    }

    /// Says what was expected and what is there.
    func mismatch(_ expected: String) -> ArgumentsError {
        let limit = 60
        let text = value.isNull ? "" : ": \(value)"
        let excerpt = text.count > limit ? text.prefix(limit) + "…" : text[...]
        let message = "expected \(expected), found \(value.kindInWords)"
        return ArgumentsError(.typeMismatch, path, message + excerpt, discreet: message + " (not shown)")
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .hash(let hash) = value else { throw mismatch("a Hash") }
        return KeyedDecodingContainer(ActiveJobHashDecodingContainer(hash: hash, decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch("an Array") }
        return ActiveJobArrayDecodingContainer(elements: elements, decoder: self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        self
    }

    func decodeNil() -> Bool {
        value.isNull
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let scalar = type as? any JSONScalar.Type, let read = try read(scalar) as? T { return read }
        if let special = type as? any ActiveJobArgument.Type, let read = try special.read(self) as? T { return read }
        if let serializer = coding.serializer(for: type) { return try read(type, by: serializer) }
        if let foreign = try ActiveJobFoundationValues.decode(type, self) { return foreign }
        return try T(from: self)
    }

    /// Text, numbers and truth values are read by the rules of all arguments.
    private func read<Scalar: JSONScalar>(_ type: Scalar.Type) throws -> Scalar {
        let bytes: [UInt8]
        switch value {
        case .string(let text):
            if let text = text as? Scalar { return text }
            bytes = JSONValue.string(text).json
        case .number(let number):
            bytes = Array(number.text.utf8)
        case .bool(let bool):
            bytes = JSONValue.bool(bool).json
        default:
            throw mismatch(type.jsonName)
        }
        return try type.read(JSONSource(bytes: bytes, range: 0..<bytes.count), path)
    }

    private func read<T>(_ type: T.Type, by serializer: ActiveJobSerializer) throws -> T {
        guard case .object(let object) = value, object.serializer == serializer.name else {
            throw mismatch("an object of \(serializer.name)")
        }
        do {
            guard let read = try serializer.decode(object.members) as? T else { throw mismatch("\(type)") }
            return read
        } catch let error as ArgumentsError {
            throw error.moved(to: path)
        }
    }
}

extension ArgumentsError {
    /// An error about the only argument, as one about another place.
    func moved(to path: ArgumentPath) -> ArgumentsError {
        let place = "args[0]"
        return mapping(position: path.position) { message in
            message.hasPrefix(place) ? "\(path)\(message.dropFirst(place.count))" : "\(path): \(message)"
        }
    }

    /// The error in the words of ActiveJob, whose arguments are not Sidekiq's `args`.
    var forActiveJob: ArgumentsError {
        guard message.hasPrefix("args") else { return self }
        return mapping { $0.hasPrefix("args") ? "arguments\($0.dropFirst("args".count))" : $0 }
    }
}
