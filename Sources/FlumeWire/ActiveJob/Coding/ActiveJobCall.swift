/// The Encoder of a whole argument list, as Ruby's `perform` takes it: by position, and keywords by name.
struct ActiveJobCall: Encoder {
    /// What has been written; shared by copies of the containers.
    final class Arguments {
        var positional: [ActiveJobFragment] = []
        var keywords: [ActiveJobHash.Member] = []
        /// Set when the type is a list, or a single value.
        var whole: ActiveJobFragment?
    }

    let coding: ActiveJobCoding
    let arguments = Arguments()

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(ActiveJobCallContainer(call: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        whole.unkeyedContainer()
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        whole
    }

    private var whole: ActiveJobEncoder {
        let encoder = ActiveJobEncoder(fragment: ActiveJobFragment(), path: ArgumentPath(), coding: coding)
        arguments.whole = encoder.fragment
        return encoder
    }

    /// The arguments in order, keywords last.
    func finished() throws(ArgumentsError) -> [ActiveJobValue] {
        if let whole = arguments.whole {
            let value = try whole.finished(ArgumentPath())
            return value.array ?? [value]
        }
        var values: [ActiveJobValue] = []
        for (position, fragment) in arguments.positional.enumerated() {
            values.append(try fragment.finished(ArgumentPath(position: position)))
        }
        if !arguments.keywords.isEmpty {
            values.append(.hash(ActiveJobHash(arguments.keywords, kind: .keywords)))
        }
        return values
    }
}
