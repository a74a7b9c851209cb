/// Waits for an event in another process, where there is nothing to await: asks until the answer is true.
///
/// - Parameters:
///   - what: What is waited for, as a sentence; it is the text of the error, made when there is one.
///   - timeout: When to give up. Generous: it costs nothing when all is well.
///   - interval: The pause between two questions.
///   - condition: The question.
/// - Throws: ``TestSupportError`` after the timeout, or what the condition throws.
public func eventually(
    _ what: @autoclosure () -> String = "the condition holds", timeout: Duration = .seconds(15),
    every interval: Duration = .milliseconds(5), _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while true {
        if try await condition() { return }
        guard clock.now < deadline else { throw TestSupportError("waited \(timeout) in vain until \(what())") }
        try await clock.sleep(for: interval)
    }
}
