import Synchronization

/// Where the middleware of a batch's jobs meets: the handler is called once all of it has come to its `next`.
///
/// Each job has a chain of its own, in a task of its own, as if it ran alone; each `next` waits here until the handler
/// has answered, and then ends as that job did.
final class BatchGathering: Sendable {
    private struct State {
        /// How many have neither arrived nor left.
        var missing: Int
        var contexts: [Int: JobContext] = [:]
        var waiters: [(position: Int, continuation: CheckedContinuation<Outcome, Never>)] = []
        var host: CheckedContinuation<Void, Never>?
        var outcomes: [Int: Outcome]?

        /// One less is missing; returns who waits for the last.
        mutating func countOne() -> CheckedContinuation<Void, Never>? {
            missing -= 1
            guard missing == 0 else { return nil }
            defer { host = nil }
            return host
        }
    }

    private let state: Mutex<State>

    init(count: Int) {
        state = Mutex(State(missing: count))
    }

    /// A job's middleware has called `next`.
    ///
    /// Returns when the handler has answered.
    func arrive(_ position: Int, _ context: JobContext) async -> Outcome {
        await withCheckedContinuation { continuation in
            let (outcome, host) = state.withLock { state -> (Outcome?, CheckedContinuation<Void, Never>?) in
                // Somebody called `next` a second time: the job has ended as it has ended.
                if let outcomes = state.outcomes { return (outcomes[position] ?? .done, nil) }
                state.waiters.append((position, continuation))
                guard state.contexts.updateValue(context, forKey: position) == nil else { return (nil, nil) }
                return (nil, state.countOne())
            }
            if let outcome { continuation.resume(returning: outcome) }
            host?.resume()
        }
    }

    /// A job's middleware has ended, perhaps without calling `next`: then the job is not in the batch.
    func leave(_ position: Int) {
        let host = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.outcomes == nil, state.contexts[position] == nil else { return nil }
            return state.countOne()
        }
        host?.resume()
    }

    /// Waits until nobody is missing.
    ///
    /// - Returns: those who have arrived, in order.
    func everybody() async -> [(position: Int, context: JobContext)] {
        await withCheckedContinuation { continuation in
            let isComplete = state.withLock { state in
                if state.missing > 0 { state.host = continuation }
                return state.missing == 0
            }
            if isComplete { continuation.resume() }
        }
        return state.withLock { $0.contexts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }

    /// The handler has answered.
    func conclude(_ outcomes: [Int: Outcome]) {
        let waiters = state.withLock { state in
            state.outcomes = outcomes
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: outcomes[waiter.position] ?? .done) }
    }
}
