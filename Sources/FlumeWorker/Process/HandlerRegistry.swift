/// The handlers of a worker, by class name.
public struct HandlerRegistry: Sendable {
    private let handlers: [String: Handler]

    /// Collects handlers.
    ///
    /// For a class named twice the later one counts.
    ///
    /// ```swift
    /// HandlerRegistry {
    ///     Handler(for: WelcomeEmail.self) { job, context in try await mailer.send(job) }
    ///     Handler("ImageJob") { (context, id: Int, sizes: [String]) in … }
    ///     ChargeHandler(stripe: stripe)
    /// }
    /// ```
    public init(@Builder _ handlers: () -> [Handler]) {
        self.init(handlers())
    }

    /// Collects handlers from a list.
    public init(_ handlers: [Handler]) {
        self.handlers = Dictionary(handlers.map { ($0.jobClass, $0) }) { _, later in later }
    }

    /// The class names it knows, sorted.
    public var jobClasses: [String] { handlers.keys.sorted() }

    /// The handler for a class name.
    subscript(jobClass: String) -> Handler? { handlers[jobClass] }

    /// Reads a list of handlers and of values that conform to ``JobHandler``.
    @resultBuilder
    public enum Builder: Sendable {
        /// Takes a handler as it is.
        public static func buildExpression(_ handler: Handler) -> [Handler] { [handler] }
        /// Takes a value that performs a type of job.
        public static func buildExpression(_ handler: some JobHandler) -> [Handler] { [Handler(handler)] }
        /// Takes a value that performs a type of job many at a time.
        public static func buildExpression(_ handler: some BatchHandler) -> [Handler] { [Handler.batch(handler)] }
        /// Joins the lines.
        public static func buildBlock(_ parts: [Handler]...) -> [Handler] { parts.flatMap(\.self) }
        /// Allows `if` without `else`.
        public static func buildOptional(_ part: [Handler]?) -> [Handler] { part ?? [] }
        /// Allows `if … else`.
        public static func buildEither(first part: [Handler]) -> [Handler] { part }
        /// Allows `if … else`.
        public static func buildEither(second part: [Handler]) -> [Handler] { part }
        /// Allows `for … in`.
        public static func buildArray(_ parts: [[Handler]]) -> [Handler] { parts.flatMap(\.self) }
    }
}
