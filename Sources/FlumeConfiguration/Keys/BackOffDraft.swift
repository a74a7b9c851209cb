/// A back-off while its parts are read: `backoff`, `backoff_initial`, `backoff_max`.
struct BackOffDraft {
    /// `standard`, `exponential`, or a duration for a fixed one.
    var kind: Source?
    var initial: Source?
    var maximum: Source?

    /// Elixir Flume's `backoff_initial`.
    static let defaultInitial: Duration = .milliseconds(500)
    /// Elixir Flume's `backoff_max`.
    static let defaultMaximum: Duration = .seconds(10)

    private static let kinds = "standard, exponential, or a duration such as 10s for a fixed back-off"

    var isEmpty: Bool { kind == nil && initial == nil && maximum == nil }

    /// The back-off; what was set before fills in a part that is not there.
    func settings(over previous: BackOffSettings? = nil) throws(ConfigurationError) -> BackOffSettings {
        if let kind {
            guard case .scalar(let text, _) = kind.content else { throw kind.expected(Self.kinds) }
            guard text == "exponential" else { return try settings(withoutParts: text, kind) }
        }
        var first = Self.defaultInitial
        var last = Self.defaultMaximum
        var isFirstChosen = initial != nil
        if case .exponential(let initial, let maximum) = previous {
            (first, last) = (initial, maximum)
            isFirstChosen = true
        }
        if let initial { first = try initial.duration(plain: .milliseconds) }
        if let maximum {
            last = try maximum.duration(plain: .milliseconds)
            guard first <= last || !isFirstChosen else {
                throw maximum.expected("\(first.inWords) or more, as the initial delay is that long")
            }
            first = min(first, last)
        }
        last = max(first, last)
        return .exponential(initial: first, maximum: last)
    }

    /// A back-off that has no parts.
    private func settings(withoutParts text: String, _ kind: Source) throws(ConfigurationError) -> BackOffSettings {
        if let part = initial ?? maximum {
            throw part.problem("it is only for an exponential back-off, and backoff is \(text)")
        }
        guard text != "standard" else { return .standard }
        guard text.first?.isNumber == true else { throw kind.expected(Self.kinds) }
        return .fixed(try kind.duration())
    }
}
