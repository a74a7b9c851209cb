extension Source {
    /// The longest time of a limit, as in code.
    private static let longestScale: Duration = .seconds(366 * 24 * 3600)

    /// The time of a limit; a plain number is in milliseconds, Elixir Flume's unit.
    func limitScale() throws(ConfigurationError) -> Duration {
        let scale = try duration(plain: .milliseconds)
        guard scale <= Self.longestScale else { throw expected("a duration of 366d at most") }
        return scale
    }

    /// A place among a job's arguments.
    func argumentPath() throws(ConfigurationError) -> ArgumentPath {
        guard case .scalar(let text, _) = content, let path = ArgumentPath(text) else {
            throw expected("a place among the arguments such as args[0] or args[1].tenant")
        }
        return path
    }
}
