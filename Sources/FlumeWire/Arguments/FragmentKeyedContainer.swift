/// The members of an object, or the arguments by position.
struct FragmentKeyedContainer<Key: CodingKey>: PositionKeepingContainer {
    let fragment: JSONFragment
    let path: ArgumentPath
    let isPositional: Bool

    var codingPath: [any CodingKey] { path.keys }

    private func name(_ key: some CodingKey) -> String? {
        isPositional ? nil : key.stringValue
    }

    private func path(_ key: some CodingKey) -> ArgumentPath {
        isPositional
            ? ArgumentPath(position: fragment.count, property: key.stringValue)
            : path.appending(name: key.stringValue)
    }

    func encodeNil(forKey key: Key) {
        fragment.addNull(key: name(key))
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try fragment.add(value, key: name(key), path(key))
    }

    /// A position must not close up: nil is `null` there, and nothing in an object.
    func encodePosition<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else if isPositional { encodeNil(forKey: key) }
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
        guard isPositional else { return child(ArgumentPath.Key(name: "super")) }
        return FragmentEncoder(fragment: fragment, path: path, isPositional: true)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        child(key)
    }

    private func child(_ key: some CodingKey) -> FragmentEncoder {
        let path = path(key)
        let child = fragment.addChild(key: name(key), emptyText: "{}", path)
        return FragmentEncoder(fragment: child, path: path, isPositional: false)
    }
}
