/// The members of an object among the arguments; of duplicate keys the last wins.
struct ObjectDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let source: JSONSource
    private let path: ArgumentPath
    private let members: [(key: String, value: Range<Int>)]

    init(source: JSONSource, path: ArgumentPath) {
        self.source = source
        self.path = path
        self.members = source.members
    }

    var codingPath: [any CodingKey] { path.keys }
    var allKeys: [Key] { members.compactMap { Key(stringValue: $0.key) } }

    private func value(_ key: some CodingKey) -> JSONSource? {
        members.last { $0.key == key.stringValue }.map { source.at($0.value) }
    }

    private func requiredValue(_ key: some CodingKey) throws -> JSONSource {
        guard let value = value(key) else {
            let message = "the object has no key \"\(key.stringValue)\""
            throw ArgumentsError(.typeMismatch, path, "\(message): \(source.excerpt)", discreet: message)
        }
        return value
    }

    private func decoder(_ key: some CodingKey) throws -> SourceDecoder {
        SourceDecoder(source: try requiredValue(key), path: path.appending(name: key.stringValue))
    }

    func contains(_ key: Key) -> Bool {
        value(key) != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try requiredValue(key).kind == .null
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        try decoder(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try decoder(ArgumentPath.Key(name: "super"))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try decoder(key)
    }
}
