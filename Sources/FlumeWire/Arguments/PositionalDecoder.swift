/// The Decoder of a whole argument list: a keyed container takes the arguments in the order its properties ask.
struct PositionalDecoder: Decoder, SingleValueDecodingContainer {
    /// How far the list has been read; shared by copies of the containers.
    final class Progress {
        var next = 0
        /// Whether the value took the list as a whole, as `[Int]` does; then it takes any count.
        var isWhole = false
    }

    let source: JSONSource
    let elements: [Range<Int>]
    let progress: Progress

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(PositionalDecodingContainer(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        progress.isWhole = true
        return ArrayDecodingContainer(source: source, path: ArgumentPath())
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        progress.isWhole = true
        return self
    }

    /// A type that is one value is the only argument.
    private func only() throws -> SourceDecoder {
        guard let element = elements.first, elements.count == 1 else {
            throw ArgumentsError(.wrongCount, ArgumentPath(), "\(elements.count) arguments were given, expected 1")
        }
        return SourceDecoder(
            source: source.at(element), path: ArgumentPath(keys: [ArgumentPath.Key(index: 0)]))
    }

    func decodeNil() -> Bool {
        elements.isEmpty || (try? only().decodeNil()) == true
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try only().decode(type)
    }
}

/// Gives the arguments to properties in the order they are asked for; trailing optionals may be missing.
struct PositionalDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: PositionalDecoder

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    private func path(_ key: some CodingKey) -> ArgumentPath {
        ArgumentPath(keys: [ArgumentPath.Key(index: decoder.progress.next, name: key.stringValue)])
    }

    private func take(_ key: some CodingKey) throws -> SourceDecoder {
        let path = path(key)
        guard decoder.progress.next < decoder.elements.count else {
            throw ArgumentsError(
                .wrongCount, path, "missing; \(decoder.elements.count) arguments were given")
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
