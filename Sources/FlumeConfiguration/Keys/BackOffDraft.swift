import FlumeWorker

/// A back-off while its parts are read: `backoff`, `backoff_initial`, `backoff_max`, `backoff_jitter`.
struct BackOffDraft {
    /// `standard`, `exponential`, or a duration for a fixed one.
    var kind: Source?
    var initial: Source?
    /// A duration, or `none`.
    var maximum: Source?
    var jitter: Source?

    /// Elixir Flume's `backoff_initial`.
    static let defaultInitial: Duration = .milliseconds(500)
    /// Elixir Flume's `backoff_max`.
    static let defaultMaximum: Duration = .seconds(10)

    private static let kinds = "standard, exponential, or a duration such as 10s for a fixed back-off"

    var isEmpty: Bool { kind == nil && initial == nil && maximum == nil && jitter == nil }

    /// The back-off; what was set before fills in a part that is not there.
    func settings(over previous: BackOffSettings? = nil) throws(ConfigurationError) -> BackOffSettings {
        if let kind {
            guard case .scalar(let text, _) = kind.content else { throw kind.expected(Self.kinds) }
            guard text == "exponential" else { return try settings(withoutParts: text, kind) }
        }
        var first = Self.defaultInitial
        var last: Duration? = Self.defaultMaximum
        var chance = BackOff.Jitter.full
        var isFirstChosen = initial != nil
        if case .exponential(let initial, let maximum, let jitter) = previous {
            (first, last, chance) = (initial, maximum, jitter)
            isFirstChosen = true
        }
        if let initial { first = try initial.duration(plain: .milliseconds) }
        if let jitter { chance = try jitter.choice(["full": BackOff.Jitter.full, "none": .none]) }
        if let maximum {
            last = try Self.greatest(maximum)
            if let last {
                guard first <= last || !isFirstChosen else {
                    throw maximum.expected("\(first.inWords) or more, as the initial delay is that long")
                }
                first = min(first, last)
            }
        }
        return .exponential(initial: first, maximum: last.map { max(first, $0) }, jitter: chance)
    }

    /// A duration, or `none` for nil.
    private static func greatest(_ maximum: Source) throws(ConfigurationError) -> Duration? {
        if case .scalar("none", _) = maximum.content { return nil }
        return try maximum.duration(plain: .milliseconds)
    }

    /// A back-off that has no parts.
    private func settings(withoutParts text: String, _ kind: Source) throws(ConfigurationError) -> BackOffSettings {
        if let part = initial ?? maximum ?? jitter {
            throw part.problem("it is only for an exponential back-off, and backoff is \(text)")
        }
        guard text != "standard" else { return .standard }
        guard text.first?.isNumber == true else { throw kind.expected(Self.kinds) }
        return .fixed(try kind.duration())
    }
}
