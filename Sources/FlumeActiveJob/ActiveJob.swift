public import FlumeWire

/// A job that a Ruby ActiveJob class stands for: its arguments.
///
/// Swift may enqueue it for Ruby to perform, or perform what Rails has enqueued with `perform_later`.
///
/// ```swift
/// struct ReportJob: ActiveJob {           // class ReportJob < ApplicationJob
///     var account: GlobalID               //   def perform(account, from:, to: nil)
///     @Keyword var from: RubyDate
///     @Keyword var to: RubyDate? = nil
/// }
/// ```
///
/// The properties are Ruby's parameters, in the order they are declared: reordering them changes the wire. See
/// ``ActiveJobArguments`` for the types they can have.
public protocol ActiveJob: Codable, Sendable {
    /// The Ruby class; by default the type's own name.
    static var jobClass: String { get }
    /// What Ruby writes as `queue_as`, `queue_with_priority` and `sidekiq_options`.
    static var options: ActiveJobOptions { get }
    /// How its arguments are read and written: for which Rails, and with which serializers of the application's own.
    static var coding: ActiveJobCoding { get }
}

extension ActiveJob {
    /// The type's own name, without its module.
    public static var jobClass: String { "\(Self.self)" }
    /// ActiveJob's defaults: queue `default`, no priority.
    public static var options: ActiveJobOptions { ActiveJobOptions() }
    /// For Rails 7.1 and later, without serializers of the application's own.
    public static var coding: ActiveJobCoding { ActiveJobCoding() }

    /// Reads the arguments of a payload.
    ///
    /// - Throws: an error that names the argument, what was expected and what was found.
    public init(decodingArgumentsOf payload: JobPayload) throws {
        self = try ActiveJobEnvelope(payload).arguments(coding: Self.coding).decode(Self.self)
    }
}
