/// Everything that is wrong with a configuration, so that one look at the log is enough to repair it.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, in the order of the file; at least one.
    public let problems: [ConfigurationRemark]

    /// Makes an error of one or more problems.
    public init(_ problems: [ConfigurationRemark]) {
        self.problems = problems
    }

    /// The problems, one a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
