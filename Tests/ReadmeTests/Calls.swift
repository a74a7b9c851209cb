import Synchronization
import TestSupport

/// What a service outside was called with, and when: the services of the snippets that are run.
final class Calls: Sendable {
    struct Call: Sendable {
        var text: String
        var time: ContinuousClock.Instant
    }

    private let calls = Mutex<[Call]>([])

    var all: [Call] { calls.withLock { $0 } }
    var texts: [String] { all.map(\.text) }

    /// Writes down a call.
    ///
    /// - Returns: how many came before it.
    @discardableResult
    func note(_ text: String) -> Int {
        let time = ContinuousClock.now
        return calls.withLock { calls in
            calls.append(Call(text: text, time: time))
            return calls.count - 1
        }
    }

    func wait(for count: Int) async throws {
        try await eventually("\(count) calls; there are \(texts)") { self.texts.count >= count }
    }
}
