/// The Decoder of a whole argument list, as Ruby's `perform` would take it: by position, and keywords by name.
struct ActiveJobParameters: Decoder, SingleValueDecodingContainer {
    /// How far the list has been read; shared by copies of the containers.
    final class Progress {
        var next = 0
        /// Whether the value took the list as a whole, as an array does; then it takes any count.
        var isWhole = false
        /// Whether a keyword was asked for.
        var asksKeywords = false
        var keywords: Set<String> = []
    }

    let positional: [ActiveJobValue]
    /// What `perform` gets by name; nil if nothing.
    let keywords: ActiveJobHash?
    let coding: ActiveJobCoding
    let progress = Progress()

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ActiveJobParametersContainer(parameters: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        progress.isWhole = true
        let whole = ActiveJobDecoder(value: .array(positional), path: ArgumentPath(), coding: coding)
        return try whole.unkeyedContainer()
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        progress.isWhole = true
        return self
    }

    /// A type that is one value is the only argument.
    private func only() throws -> ActiveJobDecoder {
        guard let value = positional.first, positional.count == 1 else {
            throw ArgumentsError(
                .wrongCount, ArgumentPath(), "\(ArgumentsError.count(positional.count)) given, expected 1")
        }
        return ActiveJobDecoder(value: value, path: ArgumentPath(position: 0), coding: coding)
    }

    func decodeNil() -> Bool {
        positional.isEmpty || (try? only().decodeNil()) == true
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try only().decode(type)
    }

    /// Refuses what nobody asked for, as Ruby does.
    func checkEverythingTaken() throws {
        guard !progress.isWhole else { return }
        guard positional.count <= progress.next else {
            let count = ArgumentsError.count(positional.count)
            throw ArgumentsError(
                .wrongCount, position: progress.next, "args: \(count) given, expected \(progress.next)")
        }
        guard let keywords else { return }
        let unknown = keywords.members.map(\.key).filter { !progress.keywords.contains($0) }
        guard unknown.isEmpty else {
            throw ArgumentsError(
                .wrongCount,
                "args: unknown keyword \(unknown.joined(separator: ", ")); "
                    + "accepted are \(progress.keywords.sorted().joined(separator: ", "))")
        }
    }
}
