import FlumeRedis
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
    /// Pipelines that name it share it; the first one's numbers count.
    func local(_ limit: RateLimit, named name: String) -> LocalLimit {
        state.withLock { state in
            if let known = state.local[name] { return known }
            let made = LocalLimit(name, limit.numbers)
            state.local[name] = made
            return made
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
