/// The elements of an array among the arguments, or the arguments themselves.
struct ArrayDecodingContainer: UnkeyedDecodingContainer {
    private let source: JSONSource
    private let path: ArgumentPath
    private let elements: [Range<Int>]
    private(set) var currentIndex = 0

    init(source: JSONSource, path: ArgumentPath) {
        self.source = source
        self.path = path
        self.elements = source.elements
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private func current() throws -> SourceDecoder {
        let path = path.appending(index: currentIndex)
        guard currentIndex < elements.count else {
            throw ArgumentsError(.wrongCount, path, "missing; the array has \(elements.count) elements")
        }
        return SourceDecoder(source: source.at(elements[currentIndex]), path: path)
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let value = try current().decode(type)
        currentIndex += 1
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        let container = try current().container(keyedBy: type)
        currentIndex += 1
        return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let container = try current().unkeyedContainer()
        currentIndex += 1
        return container
    }

    mutating func superDecoder() throws -> any Decoder {
        let decoder = try current()
        currentIndex += 1
        return decoder
    }
}
