public import FlumeActiveJob
public import FlumeWire
public import FlumeWorker

/// Handlers of jobs that Rails enqueues with `perform_later`.
///
/// They are found by the class inside the envelope, whichever Sidekiq wrote it.
extension Handler {
    /// Handles a typed ActiveJob job with a closure.
    ///
    /// Arguments that do not fit the type fail the job with a message that names the argument and both types.
    ///
    /// - Parameters:
    ///   - type: the job.
    ///   - rules: its `retry_on` and `discard_on`.
    ///   - perform: called for each attempt; throwing asks the rules.
    public init<J: ActiveJob>(
        for type: J.Type, rules: [ActiveJobRule] = [],
        perform: @escaping @Sendable (J, ActiveJobContext) async throws -> Void
    ) {
        self = .activeJob(J.jobClass, rules: rules, coding: J.coding) { arguments, context in
            try await perform(arguments.decode(J.self), context)
        }.checking { _ = try J(decodingArgumentsOf: $0) }
    }

    /// Handles an ActiveJob class by name, with a closure whose parameters are the job's positional arguments.
    ///
    /// ```swift
    /// Handler(activeJob: "ResizeJob") { (context, image: GlobalID, sizes: [Int]) in … }
    /// ```
    ///
    /// Keyword arguments are a Hash at the end here: take them as a Codable struct.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - rules: its `retry_on` and `discard_on`.
    ///   - coding: which serializers of the application's own there are.
    ///   - perform: called with the decoded arguments.
    public init<each Argument: Decodable & Sendable>(
        activeJob jobClass: String, rules: [ActiveJobRule] = [], coding: ActiveJobCoding = ActiveJobCoding(),
        perform: @escaping @Sendable (ActiveJobContext, repeat each Argument) async throws -> Void
    ) {
        @Sendable func decode(_ arguments: ActiveJobArguments) throws -> (repeat each Argument) {
            var position = -1
            func next<T: Decodable>(_ type: T.Type) throws -> T {
                position += 1
                return try arguments.decode(type, position: position)
            }
            let decoded = (repeat try next((each Argument).self))
            try arguments.checkCount(taken: position + 1)
            return decoded
        }
        self = .activeJob(jobClass, rules: rules, coding: coding) { arguments, context in
            let decoded = try decode(arguments)
            try await perform(context, repeat each decoded)
        }.checking { _ = try decode(ActiveJobEnvelope($0).arguments(coding: coding)) }
    }

    /// Handles an ActiveJob class by name and leaves decoding to the closure.
    ///
    /// - Parameters:
    ///   - jobClass: the Ruby class.
    ///   - rules: its `retry_on` and `discard_on`.
    ///   - coding: which serializers of the application's own there are.
    ///   - perform: called with the arguments.
    /// - Returns: the handler.
    public static func activeJob(
        _ jobClass: String, rules: [ActiveJobRule] = [], coding: ActiveJobCoding = ActiveJobCoding(),
        perform: @escaping @Sendable (ActiveJobArguments, ActiveJobContext) async throws -> Void
    ) -> Handler {
        let run = ActiveJobRun(rules: rules, coding: coding)
        return .raw(jobClass) { payload, context in
            try await run.perform(payload, context, perform)
        }.checking { _ = try ActiveJobEnvelope($0).arguments(coding: coding) }
    }

    /// Handles the mails of ActionMailer's `deliver_later`, in the forms of all versions of Rails.
    ///
    /// - Parameters:
    ///   - rules: the `retry_on` and `discard_on` of the delivery job.
    ///   - coding: which serializers of the application's own there are.
    ///   - perform: called with each mail.
    /// - Returns: a handler for each of ActionMailer's job classes.
    public static func mailDeliveries(
        rules: [ActiveJobRule] = [], coding: ActiveJobCoding = ActiveJobCoding(),
        perform: @escaping @Sendable (MailDelivery, ActiveJobContext) async throws -> Void
    ) -> [Handler] {
        MailDelivery.jobClasses.map { jobClass in
            .activeJob(jobClass, rules: rules, coding: coding) { _, context in
                try await perform(try MailDelivery(context.envelope, coding: coding), context)
            }.checking { _ = try MailDelivery(ActiveJobEnvelope($0), coding: coding) }
        }
    }
}
