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
            throw ArgumentsError(
                .wrongCount, ArgumentPath(), "\(ArgumentsError.count(elements.count)) given, expected 1")
        }
        return SourceDecoder(
            source: source.at(element), path: ArgumentPath(position: 0))
    }

    func decodeNil() -> Bool {
        elements.isEmpty || (try? only().decodeNil()) == true
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try only().decode(type)
    }
}
