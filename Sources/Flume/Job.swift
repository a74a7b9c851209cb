public import FlumeWire

/// A unit of work: its arguments.
///
/// The code that performs it is a handler, in whichever process runs it.
///
/// A struct *is* the parameter list of Ruby's `perform`, in the order its properties are declared:
///
/// ```swift
/// struct WelcomeEmail: Job {              // Ruby: WelcomeEmail.perform_async(42, "hello")
///     static var options: JobOptions { .init(queue: "mailers", retry: .limit(5)) }
///     var userID: Int                     // args[0]
///     var template: String                // args[1]
/// }
/// ```
///
/// `nil` is written as `null` in its place; missing trailing optionals are read as `nil`. Reordering properties changes
/// the wire: jobs already enqueued would be read wrongly.
public protocol Job: Codable, Sendable {
    /// The class name on the wire; by default the type's own name.
    static var jobClass: String { get }
    /// What Ruby writes as `sidekiq_options`. They travel in each payload.
    static var options: JobOptions { get }
}

extension Job {
    /// The type's own name, without its module.
    public static var jobClass: String { "\(Self.self)" }
    /// Sidekiq's defaults: queue `default`, 25 retries.
    public static var options: JobOptions { JobOptions() }

    /// Reads the arguments of a payload.
    ///
    /// - Throws: an error that names the position, what was expected and what was found.
    public init(decodingArgumentsOf payload: JobPayload) throws {
        self = try ArgumentsDecoder(payload).decode(Self.self)
    }
}
