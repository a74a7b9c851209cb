/// What is wrong with a periodic job: its expression, its zone, its name, its class.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What it is about: `minute`, `zone`, `name`, …; empty for all of it.
    public let field: String
    /// What was found, and what is accepted.
    public let message: String

    /// Makes an error.
    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    /// `field: message`.
    public var description: String { field.isEmpty ? message : "\(field): \(message)" }
}
