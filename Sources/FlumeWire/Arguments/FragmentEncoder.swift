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
