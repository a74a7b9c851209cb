/// The elements of an Array among ActiveJob's arguments, or the arguments themselves.
struct ActiveJobArrayDecodingContainer: UnkeyedDecodingContainer {
    let elements: [ActiveJobValue]
    let decoder: ActiveJobDecoder
    private(set) var currentIndex = 0

    init(elements: [ActiveJobValue], decoder: ActiveJobDecoder) {
        self.elements = elements
        self.decoder = decoder
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private func current() throws -> ActiveJobDecoder {
        let path = decoder.path.appending(index: currentIndex)
        guard currentIndex < elements.count else {
            throw ArgumentsError(.wrongCount, path, "missing; the Array has \(elements.count) elements")
        }
        return ActiveJobDecoder(value: elements[currentIndex], path: path, coding: decoder.coding)
    }

    private mutating func take<T>(_ read: (ActiveJobDecoder) throws -> T) throws -> T {
        let value = try read(current())
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard try current().decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try take { try $0.decode(type) }
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try take { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try take { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder {
        try take { $0 }
    }
}
