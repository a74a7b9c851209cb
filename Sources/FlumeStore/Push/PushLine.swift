import FlumeRedis
import Synchronization

/// Where concurrent pushes of single jobs wait, so that those that come while one is on its way go together in the next.
///
/// Whoever comes first goes at once. Each one that returns names its successor, who takes along everybody that has come
/// meanwhile: load makes the batches grow, and a lone caller waits for nobody.
final class PushLine: Sendable {
    /// One job of one caller.
    struct Passenger: Sendable {
        let queue: String
        let payload: [UInt8]
    }

    private enum Turn {
        /// It has been taken along.
        case arrived(Result<Void, RedisError>)
        /// It goes, and takes these along.
        case go([Waiting])
    }

    private struct Waiting {
        let passenger: Passenger
        let turn: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isUnderWay = false
        var waiting: [Waiting] = []
    }

    /// How many go together at most.
    private static let largestGroup = 1000

    private let state = Mutex(State())

    /// Sends a job, together with others that wait.
    ///
    /// `send` writes jobs and tells for each queue how it went; whoever goes calls it once.
    func push(
        _ passenger: Passenger, send: ([Passenger]) async -> [String: Result<Void, RedisError>]
    ) async throws(RedisError) {
        let companions: [Waiting]
        switch await takeTurn(passenger) {
        case .arrived(let result): return try result.get()
        case .go(let others): companions = others
        }
        let results = await send([passenger] + companions.map(\.passenger))
        let lost = Result<Void, RedisError>.failure(RedisError(.unknownOutcome, "the push was not answered"))
        for companion in companions {
            companion.turn.resume(returning: .arrived(results[companion.passenger.queue] ?? lost))
        }
        nameSuccessor()
        try (results[passenger.queue] ?? lost).get()
    }

    private func takeTurn(_ passenger: Passenger) async -> Turn {
        await withCheckedContinuation { turn in
            let mayGo = state.withLock { state in
                guard state.isUnderWay else {
                    state.isUnderWay = true
                    return true
                }
                state.waiting.append(Waiting(passenger: passenger, turn: turn))
                return false
            }
            if mayGo { turn.resume(returning: .go([])) }
        }
    }

    private func nameSuccessor() {
        let next = state.withLock { state -> (Waiting, [Waiting])? in
            guard !state.waiting.isEmpty else {
                state.isUnderWay = false
                return nil
            }
            let group = Array(state.waiting.prefix(Self.largestGroup))
            state.waiting.removeFirst(group.count)
            return (group[0], Array(group.dropFirst()))
        }
        if let (successor, companions) = next { successor.turn.resume(returning: .go(companions)) }
    }
}
