/// What went wrong in the tests' own machinery, not in the code under test.
public struct TestSupportError: Error, CustomStringConvertible, Sendable {
    /// One sentence.
    public let description: String

    /// Creates an error.
    ///
    /// - Parameter description: One sentence.
    public init(_ description: String) { self.description = description }
}
