import FlumeStore
import Synchronization

/// A limit that counts in this process alone, shared by whoever uses its key here.
final class LocalLimit: Sendable {
    private struct State {
        var meter: LimitMeter
        /// Places set aside for a fetch that is under way.
        var reserved = 0
    }

    let name: String
    private let state: Mutex<State>
    private let microseconds: @Sendable () -> Int

    /// `microseconds` is a clock that does not go back.
    init(_ name: String, _ numbers: Limit.Numbers, microseconds: @escaping @Sendable () -> Int = LocalLimit.uptime) {
        self.name = name
        self.microseconds = microseconds
        state = Mutex(State(meter: LimitMeter(numbers)))
    }

    /// How much later than its admission a start may come.
    var margin: Duration { .microseconds(state.withLock { $0.meter.delay }) }

    /// Sets places aside, as many as there are and not more than wanted; if none, says how long to wait.
    func reserve(_ wanted: Int) -> (count: Int, wait: Duration) {
        let now = microseconds()
        return state.withLock { state in
            // What others have set aside may count from this moment on at the earliest.
            let (allowed, wait) = state.meter.look(now: now, wanted: state.reserved + 1)
            let count = min(wanted, allowed - state.reserved)
            guard count > 0 else { return (0, .microseconds(max(wait, 1000))) }
            state.reserved += count
            return (count, .zero)
        }
    }

    /// Counts those that have come, from now, and gives back the other places.
    func commit(_ count: Int, of reserved: Int) {
        let now = microseconds()
        state.withLock { state in
            state.reserved -= reserved
            _ = state.meter.look(now: now)
            state.meter.charge(count, now: now)
        }
    }

    /// Counts other numbers from now on; what has passed is forgotten.
    func change(to numbers: Limit.Numbers) {
        state.withLock { $0.meter = LimitMeter(numbers) }
    }

    /// What it counts with.
    var numbers: Limit.Numbers { state.withLock { $0.meter.numbers } }

    /// Makes it stricter: closed for so long, or half of what it is now.
    ///
    /// - Returns: whether that changed anything; it is halved at most once in each scale.
    @discardableResult
    func backOff(closedFor pause: Duration?) -> Bool {
        let now = microseconds()
        return state.withLock { $0.meter.backOff(closedFor: pause?.backOffMicroseconds, now: now) }
    }

    /// How many may pass in its time, how many of them now, and how long until one may.
    var usage: (count: Int, room: Int, wait: Duration) {
        let now = microseconds()
        return state.withLock { state in
            let (allowed, wait) = state.meter.look(now: now)
            return (Int(state.meter.rate(now)), max(0, allowed - state.reserved), .microseconds(wait))
        }
    }

    private static let start = ContinuousClock.now

    /// Microseconds since the process first asked.
    static func uptime() -> Int { start.duration(to: .now).wholeMicroseconds }
}
