extension ArraySlice<any ServerMiddleware> {
    /// Runs something inside the middleware, the first being the outermost.
    func call(_ context: JobContext, _ perform: (JobContext) async throws -> Void) async throws {
        guard let outermost = first else { return try await perform(context) }
        try await outermost.call(context) { context in
            try await dropFirst().call(context, perform)
        }
    }
}
