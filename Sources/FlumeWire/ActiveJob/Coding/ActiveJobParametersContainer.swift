/// Gives arguments to properties in the order they are asked for, and keywords by name.
struct ActiveJobParametersContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let parameters: ActiveJobParameters

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    private var progress: ActiveJobParameters.Progress { parameters.progress }

    private func take(_ key: some CodingKey) throws -> ActiveJobDecoder {
        let path = ArgumentPath(position: progress.next, property: key.stringValue)
        guard progress.next < parameters.positional.count else {
            throw ArgumentsError(
                .wrongCount, path, "missing; \(ArgumentsError.count(parameters.positional.count)) given")
        }
        progress.next += 1
        return ActiveJobDecoder(
            value: parameters.positional[progress.next - 1], path: path, coding: parameters.coding)
    }

    private func keyword<T: Decodable>(_ type: T.Type, _ keyword: any KeywordArgument.Type, _ key: Key) throws -> T {
        progress.asksKeywords = true
        progress.keywords.insert(key.stringValue)
        let path = ArgumentPath().appending(name: key.stringValue)
        guard let value = parameters.keywords?[key.stringValue] else {
            if let missing = keyword.missing as? T { return missing }
            throw ArgumentsError(.wrongCount, path, "missing keyword")
        }
        return try ActiveJobDecoder(value: value, path: path, coding: parameters.coding).decode(type)
    }

    func contains(_ key: Key) -> Bool {
        progress.next < parameters.positional.count
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        guard contains(key) else { return true }
        let isNull = parameters.positional[progress.next].isNull
        // A nil is taken here, since nobody asks for its value any more; anything else is decoded next.
        if isNull { progress.next += 1 }
        return isNull
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        if let keyword = type as? any KeywordArgument.Type { return try self.keyword(type, keyword, key) }
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
        parameters
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try take(key)
    }
}
