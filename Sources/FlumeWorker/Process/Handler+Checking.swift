public import FlumeWire

extension Handler {
    /// How a check reads a payload, for a handler that reads it itself.
    ///
    /// - Parameter check: throws what is wrong with the payload; see ``HandlerRegistry/check(_:)``.
    /// - Returns: the handler.
    public func checking(_ check: @escaping @Sendable (_ payload: JobPayload) throws -> Void) -> Handler {
        Handler(self) { $0.check = check }
    }
}
