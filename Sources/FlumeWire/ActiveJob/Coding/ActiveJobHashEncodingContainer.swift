/// The members of a Hash whose keys are Symbols: what a Swift struct is in Ruby.
struct ActiveJobHashEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ActiveJobEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }

    private func add(_ value: ActiveJobFragment, _ key: some CodingKey) {
        encoder.fragment.add(value, key: key.stringValue, isSymbol: true)
    }

    func encodeNil(forKey key: Key) {
        add(ActiveJobFragment(.null), key)
    }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        add(ActiveJobFragment(try encoder.value(of: value, key.stringValue)), key)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        child(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        child(key).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        child(ArgumentPath.Key(name: "super"))
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        child(key)
    }

    private func child(_ key: some CodingKey) -> ActiveJobEncoder {
        let child = encoder.inner(encoder.path.appending(name: key.stringValue))
        add(child.fragment, key)
        return child
    }
}
