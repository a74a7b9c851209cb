import FlumeRedis
import FlumeWire
import Synchronization

/// Where concurrent pushes of single jobs wait, so that those that come while some are on their way go together next.
///
/// Load makes the groups grow by itself, and a lone caller waits for nobody. The groups are sent from the connection's
/// event loop: the answer to one is what sends the next, without waking another thread in between.
final class PushLine: Sendable {
    /// One job of one caller.
    struct Passenger: Sendable {
        let queue: String
        let payload: [UInt8]
    }

    /// Writes jobs and tells for each queue how it went.
    typealias Send = @Sendable ([Passenger]) async -> [ExactName: Result<Void, RedisError>]

    private struct Waiting {
        let passenger: Passenger
        let arrival: CheckedContinuation<Result<Void, RedisError>, Never>
    }

    private struct State {
        var isUnderWay = false
        var waiting: [Waiting] = []
    }

    /// How many go together at most.
    private static let largestGroup = 1000
    /// How many bytes go together, besides the last job: Redis hangs up on a command of 1 GiB.
    private static let groupBytes = 64 << 20

    private let executor: any TaskExecutor
    private let state = Mutex(State())

    /// Makes a line whose groups are sent by tasks on an executor.
    init(executor: any TaskExecutor) { self.executor = executor }

    /// Sends a job, together with others that wait.
    func push(_ passenger: Passenger, send: @escaping Send) async throws(RedisError) {
        let result = await withCheckedContinuation { arrival in
            let isFirst = state.withLock { state in
                state.waiting.append(Waiting(passenger: passenger, arrival: arrival))
                defer { state.isUnderWay = true }
                return !state.isUnderWay
            }
            // Not a child of any caller: it carries the jobs of all of them, and one being cancelled is no matter to it.
            if isFirst { Task(executorPreference: executor) { await self.run(send) } }
        }
        try result.get()
    }

    private func run(_ send: Send) async {
        let lost = Result<Void, RedisError>.failure(RedisError(.unknownOutcome, "the push was not answered"))
        while let group = takeGroup() {
            let results = await send(group.map(\.passenger))
            for one in group { one.arrival.resume(returning: results[ExactName(one.passenger.queue)] ?? lost) }
        }
    }

    private func takeGroup() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isUnderWay = false
                return nil
            }
            var bytes = 0
            let isFull = { (one: Waiting) -> Bool in
                defer { bytes += one.passenger.payload.count }
                return bytes >= Self.groupBytes
            }
            let group = Array(state.waiting.prefix(Self.largestGroup).prefix { !isFull($0) })
            state.waiting.removeFirst(group.count)
            return group
        }
    }
}
