/// The members of a Hash among ActiveJob's arguments, be their keys Symbols or Strings.
struct ActiveJobHashDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let hash: ActiveJobHash
    let decoder: ActiveJobDecoder

    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { hash.members.compactMap { Key(stringValue: $0.key) } }

    private func inner(_ key: some CodingKey) throws -> ActiveJobDecoder {
        guard let value = hash[key.stringValue] else {
            throw ArgumentsError(
                .typeMismatch, decoder.path,
                "the Hash has no key \"\(key.stringValue)\"; it has \(hash.members.map(\.key))")
        }
        return decoder.inner(value, key.stringValue)
    }

    func contains(_ key: Key) -> Bool {
        hash[key.stringValue] != nil
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        try inner(key).decodeNil()
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        if !contains(key), let keyword = type as? any KeywordArgument.Type, let missing = keyword.missing as? T {
            return missing
        }
        return try inner(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try inner(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try inner(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        try inner(ArgumentPath.Key(name: "super"))
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try inner(key)
    }
}
