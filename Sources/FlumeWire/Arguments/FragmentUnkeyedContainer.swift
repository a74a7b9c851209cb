/// The elements of an array.
struct FragmentUnkeyedContainer: UnkeyedEncodingContainer {
    let fragment: JSONFragment
    let path: ArgumentPath

    var codingPath: [any CodingKey] { path.keys }
    var count: Int { fragment.count }

    private var itemPath: ArgumentPath {
        path.appending(index: fragment.count)
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
