/// What the limits said that let a job through: until when it may start, and what it gives back at its end.
///
/// The deliveries of one fetch share one.
package final class Grant: Sendable {
    /// Its start counts at the time it was admitted, so it has to come before this; `nil` for no such limit.
    ///
    /// Reckoned from before the request was sent, on a clock that nobody sets: Redis's clock and the host's need not agree.
    package let deadline: ContinuousClock.Instant?
    /// Where it may hold slots.
    package let slotKeys: Set<String>
    private let onRelease: (@Sendable () -> Void)?

    init(deadline: ContinuousClock.Instant?, slotKeys: Set<String>, onRelease: (@Sendable () -> Void)?) {
        self.deadline = deadline
        self.slotKeys = slotKeys
        self.onRelease = onRelease
    }

    /// Jobs with this grant have left and their slots are free.
    package func release() { onRelease?() }
}
