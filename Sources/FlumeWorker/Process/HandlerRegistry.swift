public import FlumeWire

/// The handlers of a worker, by class name.
public struct HandlerRegistry: Sendable {
    private let handlers: [String: Handler]
    /// The same by the names that Exq would have for them.
    private let elixirNames: [String: Handler]

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
        // That of one function of a module is not that of the others, where there is one for the module.
        elixirNames = Dictionary(handlers.map { (ElixirName.of($0.jobClass), $0) }) { first, later in
            later.jobClass.contains("/") && !first.jobClass.contains("/") ? first : later
        }
    }

    /// The class names it knows, sorted.
    public var jobClasses: [String] { handlers.keys.sorted() }

    /// Decodes the arguments of a payload as its handler would, and runs nothing.
    ///
    /// A handler that reads the payload itself, such as ``Handler/raw(_:perform:)``, takes anything unless it has a
    /// ``Handler/checking(_:)``.
    ///
    /// - Throws: what the job would fail with: an error that names the position and both types, or ``UnknownClassError``.
    public func check(_ payload: JobPayload) throws {
        let jobClass = payload.handlerName ?? ""
        guard let handler = self[jobClass] else { throw UnknownClassError(jobClass: jobClass) }
        try handler.check(payload)
    }

    /// The handler for a class name, or for one that is the same module to Exq.
    subscript(jobClass: String) -> Handler? { handlers[jobClass] ?? elixirNames[ElixirName.of(jobClass)] }

    /// Reads a list of handlers and of values that conform to ``JobHandler``.
    @resultBuilder
    public enum Builder: Sendable {
        /// Takes a handler as it is.
        public static func buildExpression(_ handler: Handler) -> [Handler] { [handler] }
        /// Takes several handlers.
        public static func buildExpression(_ handlers: [Handler]) -> [Handler] { handlers }
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
