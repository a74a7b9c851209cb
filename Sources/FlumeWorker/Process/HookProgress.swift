/// How far the hooks of one attempt have come, and whether one has skipped the others.
struct HookProgress: Sendable {
    enum Phase: Sendable { case before, after }

    enum Key: JobStorageKey { typealias Value = HookProgress }

    private var phase = Phase.before
    private var isHalted = false

    /// Skips what is left of the phase.
    mutating func halt() { isHalted = true }

    /// Whether a hook of a phase is to be called; a new phase begins with all of its hooks.
    mutating func calls(_ phase: Phase) -> Bool {
        if self.phase != phase { self = HookProgress(phase: phase) }
        return !isHalted
    }

    init() {}

    private init(phase: Phase) { self.phase = phase }
}

extension JobContext {
    /// Skips the hooks that were still to come: Exq's `halt`.
    ///
    /// Called by a ``HookMiddleware/before(_:)``, the `before` of the middleware inside of that one are left out; the
    /// job runs on, and all hooks after it are called. Called by a hook after the job, those of the middleware outside
    /// of that one are left out. It changes nothing about the job, and code of a plain ``ServerMiddleware`` is no hook.
    ///
    /// To keep the job from running, throw a ``JobDirective``, or do not call `next`.
    public func haltHooks() {
        storage.update(HookProgress.Key.self) { progress in
            var changed = progress ?? HookProgress()
            changed.halt()
            progress = changed
        }
    }

    /// Whether a hook of a phase is to be called.
    func callsHooks(_ phase: HookProgress.Phase) -> Bool {
        storage.update(HookProgress.Key.self) { progress in
            var changed = progress ?? HookProgress()
            defer { progress = changed }
            return changed.calls(phase)
        }
    }
}
