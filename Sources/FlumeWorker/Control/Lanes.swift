import FlumeRedis
import FlumeWire
import NIOCore
import Synchronization

/// The pipelines of a running worker: those it was set up with, and what subscriptions add and take away.
final class Lanes: Sendable {
    private struct Entry {
        let lane: Lane
        let fetcher: Fetcher
        var hasStarted = false
        /// It fetches no more; it stays until its last fetch has ended.
        var isLeaving = false
    }

    private struct State {
        var entries: [Entry] = []
        /// They hold jobs for longer than their fetcher fetches.
        var batchers: [Batcher] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let eventLoop: any EventLoop
    private let bell: Bell
    private let makeAdmission: @Sendable (Pipeline, Bell) -> Admission?
    private let makeParts: @Sendable (Lane) -> (Fetcher, Batcher?)

    /// `bell` is rung when there is a fetcher to start, and when one has ended.
    init(
        on eventLoop: any EventLoop, bell: Bell,
        makeAdmission: @escaping @Sendable (Pipeline, Bell) -> Admission? = { _, _ in nil },
        makeParts: @escaping @Sendable (Lane) -> (Fetcher, Batcher?)
    ) {
        self.eventLoop = eventLoop
        self.bell = bell
        self.makeAdmission = makeAdmission
        self.makeParts = makeParts
    }

    /// Those that are not about to leave.
    var current: [Lane] { state.withLock { state in state.entries.filter { !$0.isLeaving }.map(\.lane) } }

    /// All that may still start jobs.
    var all: [Lane] { state.withLock { $0.entries.map(\.lane) } }

    /// What the Web UI shows.
    var capsules: [CapsuleRecord] { current.map(\.capsule) }

    /// Whether nobody fetches any more.
    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    /// Whether nobody may join any more.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Adds a pipeline, whose fetcher is to be started.
    ///
    /// - Parameters:
    ///   - pipeline: what it is set up to be.
    ///   - prepare: says whether it may fetch.
    /// - Returns: whether it was added: not when the worker takes no more jobs.
    @discardableResult
    func add(_ pipeline: Pipeline, prepare: (Lane) -> Void = { _ in }) -> Bool {
        let lane = Lane(pipeline, on: eventLoop) { makeAdmission(pipeline, $0) }
        prepare(lane)
        let (fetcher, batcher) = makeParts(lane)
        let isAdded = state.withLock { state in
            guard !state.isClosed else { return false }
            state.entries.append(Entry(lane: lane, fetcher: fetcher))
            if let batcher { state.batchers.append(batcher) }
            return true
        }
        if isAdded { bell.ring() }
        return isAdded
    }

    /// The fetchers that nobody has started yet; the caller does.
    func takeUnstarted() -> [Fetcher] {
        state.withLock { state in
            var fetchers: [Fetcher] = []
            for index in state.entries.indices where !state.entries[index].hasStarted {
                state.entries[index].hasStarted = true
                fetchers.append(state.entries[index].fetcher)
            }
            return fetchers
        }
    }

    /// A fetcher has come to its end.
    func ended(_ fetcher: Fetcher) {
        state.withLock { $0.entries.removeAll { $0.fetcher === fetcher } }
        bell.ring()
    }

    /// Has a pipeline fetch no more.
    ///
    /// Its jobs that run come to their end.
    func leave(_ lane: Lane) {
        let fetcher = state.withLock { state -> Fetcher? in
            guard let index = state.entries.firstIndex(where: { $0.lane === lane }) else { return nil }
            let fetcher = state.entries[index].fetcher
            guard state.entries[index].hasStarted else {
                state.entries.remove(at: index)
                return nil
            }
            state.entries[index].isLeaving = true
            return fetcher
        }
        fetcher?.stop()
    }

    /// Has all fetch no more, and lets nobody join.
    func close() {
        let fetchers = state.withLock { state in
            state.isClosed = true
            // Nobody will start those now.
            state.entries.removeAll { !$0.hasStarted }
            return state.entries.map(\.fetcher)
        }
        for fetcher in fetchers { fetcher.stop() }
    }

    /// Lets go of jobs that have not begun to run: they were put back.
    func letGo() {
        for batcher in state.withLock({ $0.batchers }) { batcher.close() }
    }
}
