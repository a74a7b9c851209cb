/// The Encoder of one value, or of a whole argument list if positional.
struct FragmentEncoder: Encoder, SingleValueEncodingContainer {
    let fragment: JSONFragment
    let path: ArgumentPath
    let isPositional: Bool

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        fragment.begin(.object)
        return KeyedEncodingContainer(
            FragmentKeyedContainer<Key>(fragment: fragment, path: path, isPositional: isPositional))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        fragment.begin(.array)
        return FragmentUnkeyedContainer(fragment: fragment, path: path)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        self
    }

    func encodeNil() {
        fragment.begin(.scalar)
        fragment.addNull(key: nil)
    }

    func encode<T: Encodable>(_ value: T) throws {
        fragment.begin(.scalar)
        try fragment.add(value, key: nil, path)
    }
}

/// The members of an object, or the arguments by position.
struct FragmentKeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let fragment: JSONFragment
    let path: ArgumentPath
    let isPositional: Bool

    var codingPath: [any CodingKey] { path.keys }

    private func name(_ key: some CodingKey) -> String? {
        isPositional ? nil : key.stringValue
    }

    private func path(_ key: some CodingKey) -> ArgumentPath {
        path.appending(
            isPositional
                ? ArgumentPath.Key(index: fragment.count, name: key.stringValue)
                : ArgumentPath.Key(name: key.stringValue))
    }

    func encodeNil(forKey key: Key) {
        fragment.addNull(key: name(key))
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try fragment.add(value, key: name(key), path(key))
    }

    /// A position must not close up: nil is `null` there, and nothing in an object.
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
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

/// The elements of an array.
struct FragmentUnkeyedContainer: UnkeyedEncodingContainer {
    let fragment: JSONFragment
    let path: ArgumentPath

    var codingPath: [any CodingKey] { path.keys }
    var count: Int { fragment.count }

    private var itemPath: ArgumentPath {
        path.appending(ArgumentPath.Key(index: fragment.count))
    }

    func encodeNil() {
        fragment.addNull(key: nil)
    }

    func encode<T: Encodable>(_ value: T) throws {
        try fragment.add(value, key: nil, itemPath)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        child().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        child().unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        child()
    }

    private func child() -> FragmentEncoder {
        let path = itemPath
        let child = fragment.addChild(key: nil, emptyText: "{}", path)
        return FragmentEncoder(fragment: child, path: path, isPositional: false)
    }
}
