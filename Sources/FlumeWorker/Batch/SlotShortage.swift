import Synchronization

/// Whether jobs are left in their queue because a concurrency limit has no slot for them.
///
/// Each job that waits for company holds a slot: those who hold jobs back have to know.
final class SlotShortage: Sendable {
    private struct State {
        var isOn = false
        var listener: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Whether it was so at the last fetch.
    var isOn: Bool { state.withLock { $0.isOn } }

    /// Who is told at each fetch that finds no slot.
    func listen(_ listener: @escaping @Sendable () -> Void) {
        state.withLock { $0.listener = listener }
    }

    /// What the last fetch found.
    func note(_ isOn: Bool) {
        let listener = state.withLock { state in
            state.isOn = isOn
            return isOn ? state.listener : nil
        }
        listener?()
    }
}
