import FlumeRedis
import FlumeStore
import Synchronization

/// What the pipelines of one worker share about limits: those that count here alone, and who waits for a slot.
final class LimitBoard: Sendable {
    private struct State {
        var local: [String: LocalLimit] = [:]
        var waiting: [String: [Bell]] = [:]
    }

    private let state = Mutex(State())

    /// The limit that counts in this process under a name.
    ///
    /// One with a key is shared by all of the process; one without is that of a pipeline, and so of one worker.
    ///
    /// - Returns: the limit, and the other numbers it had, if it had any.
    func local(_ limit: RateLimit, named name: String) -> (limit: LocalLimit, had: Limit.Numbers?) {
        guard limit.key == nil else { return LocalLimits.shared.limit(named: name, limit.numbers) }
        return state.withLock { state in
            if let known = state.local[name] { return (known, nil) }
            let made = LocalLimit(name, limit.numbers)
            state.local[name] = made
            return (made, nil)
        }
    }

    /// Rings a bell whenever a job of this process gives back a slot under one of these names.
    func ring(_ bell: Bell, for names: Set<String>) {
        state.withLock { state in
            for name in names { state.waiting[name, default: []].append(bell) }
        }
    }

    /// Slots under these names are free.
    func released(_ names: Set<String>) {
        let bells = state.withLock { state in names.flatMap { state.waiting[$0] ?? [] } }
        for bell in bells { bell.ring() }
    }
}
