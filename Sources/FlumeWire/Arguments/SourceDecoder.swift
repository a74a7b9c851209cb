/// The Decoder of one value inside the arguments.
struct SourceDecoder: Decoder, SingleValueDecodingContainer {
    let source: JSONSource
    let path: ArgumentPath

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard source.kind == .object else { throw source.mismatch("an object", path) }
        return KeyedDecodingContainer(ObjectDecodingContainer(source: source, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard source.kind == .array else { throw source.mismatch("an array", path) }
        return ArrayDecodingContainer(source: source, path: path)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        self
    }

    func decodeNil() -> Bool {
        source.kind == .null
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try source.decode(type, path)
    }
}
