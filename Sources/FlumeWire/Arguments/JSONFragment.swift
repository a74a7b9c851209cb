/// A value being written: its text so far, and nested containers that are still open.
final class JSONFragment {
    enum Kind {
        /// Nothing was asked for yet.
        case none
        case object, array, scalar
    }

    private(set) var kind = Kind.none
    private var bytes: [UInt8] = []
    /// Containers handed out by this one: their text is put in at the offset when all is finished.
    private var children: [(offset: Int, fragment: JSONFragment, emptyText: StaticString, path: ArgumentPath)] = []
    private(set) var count = 0
    /// The type asked for two kinds of containers, so its form is undefined.
    private var isContradictory = false

    /// How deep arguments may be: Ruby's 100 less the payload itself and the array of arguments.
    private static let greatestDepth = 98

    func begin(_ kind: Kind) {
        if self.kind == .none { self.kind = kind } else if self.kind != kind { isContradictory = true }
    }

    /// Appends a member or element; `key` is nil for elements.
    func add(_ value: some Encodable, key: String?, _ path: ArgumentPath) throws {
        startItem(key)
        try Self.append(value, to: &bytes, path)
    }

    func addNull(key: String?) {
        startItem(key)
        bytes.append(contentsOf: "null".utf8)
    }

    func addChild(key: String?, emptyText: StaticString, _ path: ArgumentPath) -> JSONFragment {
        startItem(key)
        let child = JSONFragment()
        children.append((bytes.count, child, emptyText, path))
        return child
    }

    private func startItem(_ key: String?) {
        if count > 0, kind != .scalar { bytes.append(UInt8(ascii: ",")) }
        count += 1
        guard let key else { return }
        JSONWriter.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    /// The complete text.
    func finished(emptyText: StaticString, _ path: ArgumentPath, isPositional: Bool = false) throws -> [UInt8] {
        guard !isContradictory, kind != .scalar || count == 1 else {
            throw ArgumentsError(.notStorable, path, "the type encodes itself in more than one form at a time")
        }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + 2)
        switch kind {
        case .none: return Array("\(emptyText)".utf8)
        case .object: text.append(UInt8(ascii: isPositional ? "[" : "{"))
        case .array: text.append(UInt8(ascii: "["))
        case .scalar: if isPositional { text.append(UInt8(ascii: "[")) }
        }
        var done = 0
        for child in children {
            text.append(contentsOf: bytes[done..<child.offset])
            text.append(contentsOf: try child.fragment.finished(emptyText: child.emptyText, child.path))
            done = child.offset
        }
        text.append(contentsOf: bytes[done...])
        switch kind {
        case .none: break
        case .object: text.append(UInt8(ascii: isPositional ? "]" : "}"))
        case .array: text.append(UInt8(ascii: "]"))
        case .scalar: if isPositional { text.append(UInt8(ascii: "]")) }
        }
        return text
    }

    /// Appends a complete value.
    static func append<T: Encodable>(_ value: T, to bytes: inout [UInt8], _ path: ArgumentPath) throws {
        if T.self == Int.self, let int = value as? Int { return int.write(to: &bytes, path) }
        if T.self == String.self, let string = value as? String { return string.write(to: &bytes, path) }
        if let scalar = value as? any JSONScalar { return try scalar.write(to: &bytes, path) }
        if let value = value as? JSONValue { return JSONWriter.append(value, to: &bytes) }
        if try FoundationValues.encode(value, to: &bytes, path) { return }
        guard path.depth <= greatestDepth else {
            throw ArgumentsError(
                .notStorable, path, "nested deeper than \(greatestDepth) levels, which Ruby could not read")
        }
        let fragment = JSONFragment()
        try value.encode(to: FragmentEncoder(fragment: fragment, path: path, isPositional: false))
        bytes.append(contentsOf: try fragment.finished(emptyText: "{}", path))
    }
}
