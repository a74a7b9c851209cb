/// Gives the arguments to properties in the order they are asked for; trailing optionals may be missing.
struct PositionalDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: PositionalDecoder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    private func path(_ key: some CodingKey) -> ArgumentPath {
        ArgumentPath(position: decoder.progress.next, property: key.stringValue)
    }

    private func take(_ key: some CodingKey) throws -> SourceDecoder {
        let path = path(key)
        guard decoder.progress.next < decoder.elements.count else {
            throw ArgumentsError(
                .wrongCount, path, "missing; \(ArgumentsError.count(decoder.elements.count)) given")
        }
        let element = decoder.elements[decoder.progress.next]
        decoder.progress.next += 1
        return SourceDecoder(source: decoder.source.at(element), path: path)
    }

    func contains(_ key: Key) -> Bool {
        decoder.progress.next < decoder.elements.count
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard contains(key) else { return true }
        let isNull = decoder.source.at(decoder.elements[decoder.progress.next]).kind == .null
        // A null is taken here, since nobody asks for its value any more; anything else is decoded next.
        if isNull { decoder.progress.next += 1 }
        return isNull
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        if !contains(key), let missing = MissingArgument.value(type) { return missing }
        return try take(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try take(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try take(key).unkeyedContainer()
    }

    /// A superclass takes the positions that come before its subclass's.
    func superDecoder() throws -> any Decoder {
        decoder
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try take(key)
    }
}
