/// Writes properties by position, and keywords by name.
struct ActiveJobCallContainer<Key: CodingKey>: PositionKeepingContainer {
    let call: ActiveJobCall

    var codingPath: [any CodingKey] { [] }

    private func path(_ key: some CodingKey) -> ArgumentPath {
        ArgumentPath(position: call.arguments.positional.count, property: key.stringValue)
    }

    private func encoder(_ path: ArgumentPath) -> ActiveJobEncoder {
        ActiveJobEncoder(fragment: ActiveJobFragment(), path: path, coding: call.coding)
    }

    func encodeNil(forKey key: Key) {
        call.arguments.positional.append(ActiveJobFragment(.null))
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        if let keyword = T.self as? any KeywordArgument.Type {
            let path = ArgumentPath().appending(name: key.stringValue)
            let value = try encoder(path).value(of: value, at: path)
            if value.isNull, keyword.missing != nil { return }
            call.arguments.keywords.append(.init(key: key.stringValue, value: value, isSymbol: true))
        } else {
            let path = path(key)
            call.arguments.positional.append(ActiveJobFragment(try encoder(path).value(of: value, at: path)))
        }
    }

    /// A position must not close up: nil stands in its place.
    func encodePosition<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        child(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        child(key).unkeyedContainer()
    }

    /// A superclass takes the positions that come before its subclass's.
    func superEncoder() -> any Encoder {
        call
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        child(key)
    }

    private func child(_ key: some CodingKey) -> ActiveJobEncoder {
        let child = encoder(path(key))
        call.arguments.positional.append(child.fragment)
        return child
    }
}
