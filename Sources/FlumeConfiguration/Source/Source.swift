/// A piece of a configuration, with the place where it stands.
struct Source: Sendable {
    /// What stands there.
    enum Content: Sendable {
        /// A key without a value.
        case nothing
        /// A value; text in quotes is not a number.
        case scalar(String, isQuoted: Bool)
        case list([Source])
        case mapping([Entry])
    }

    /// A key with its value.
    struct Entry: Sendable {
        var key: String
        /// Where the key stands: what messages about the key itself name.
        var line: Int?
        var value: Source
    }

    /// The file's name, or `environment`.
    var origin: String
    var line: Int?
    /// From the top: `pipelines[0].queues`.
    var key: String
    var content: Content

    /// An error about this place.
    func problem(_ message: String) -> ConfigurationError {
        ConfigurationError([remark(message)])
    }

    /// An error that says what was found and what would be right.
    func expected(_ what: String) -> ConfigurationError {
        problem("found \(found), expected \(what)")
    }

    func remark(_ message: String) -> ConfigurationRemark {
        ConfigurationRemark(source: origin, line: line, key: key, message: message)
    }

    /// The content in a message; secrets are not shown.
    var found: String {
        switch content {
        case .nothing: "nothing"
        case .list: "a list"
        case .mapping: "keys and values"
        case .scalar(let text, let isQuoted):
            if isSecret || text.contains("://") || text.contains("@") {
                "a value (not shown)"
            } else {
                isQuoted ? "the text \"\(text)\"" : text.isEmpty ? "nothing" : text
            }
        }
    }

    private var isSecret: Bool {
        let name = key.lowercased()
        return name.hasSuffix("password") || name.hasSuffix("url") || name.hasSuffix("username")
    }

    /// Whether it is a key without a value.
    var isNothing: Bool {
        if case .nothing = content { true } else { false }
    }

    /// Its keys and values.
    func entries() throws(ConfigurationError) -> [Entry] {
        guard case .mapping(let entries) = content else { throw expected("keys and values") }
        return entries
    }
}
