/// The elements of an Array.
struct ActiveJobArrayEncodingContainer: UnkeyedEncodingContainer {
    let encoder: ActiveJobEncoder

    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.fragment.count }

    func encodeNil() {
        encoder.fragment.add(ActiveJobFragment(.null))
    }

    func encode<T: Encodable>(_ value: T) throws {
        encoder.fragment.add(ActiveJobFragment(try encoder.value(of: value, at: encoder.path.appending(index: count))))
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

    private func child() -> ActiveJobEncoder {
        let child = encoder.inner(encoder.path.appending(index: count))
        encoder.fragment.add(child.fragment)
        return child
    }
}
