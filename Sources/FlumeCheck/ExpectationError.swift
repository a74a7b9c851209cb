/// What is wrong with arguments given in words, or with a job that does not fit them.
public struct ExpectationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What it is about: the words, or the place among the arguments.
    public let text: String
    /// What is wrong with it.
    public let problem: String

    /// One sentence.
    public var description: String { "\(text): \(problem)" }
}
