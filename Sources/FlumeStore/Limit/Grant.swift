/// What the limits said that let a job through: until when it may start, and what it gives back at its end.
///
/// The deliveries of one fetch share one.
package final class Grant: Sendable {
    /// Its start counts at the time it was admitted, so it has to come before this; `nil` for no such limit.
    ///
    /// Reckoned from before the request was sent, on a clock that nobody sets: Redis's clock and the host's need not agree.
    package let deadline: ContinuousClock.Instant?
    /// When it was admitted, by Redis's clock; `nil` when nobody knows.
    package let time: Int?
    /// Where it may hold slots.
    package let slotKeys: Set<String>
    /// The limits on starts of the job's keys.
    package let keyed: [Limit]
    /// When those let it through, by Redis's clock.
    package let keyedTime: Int?
    /// Why the job is to fail without having run: nobody can tell its key.
    package let problem: (any Error)?
    private let onRelease: (@Sendable () -> Void)?

    init(
        deadline: ContinuousClock.Instant?, time: Int?, slotKeys: Set<String>, onRelease: (@Sendable () -> Void)?
    ) {
        self.deadline = deadline
        self.time = time
        self.slotKeys = slotKeys
        keyed = []
        keyedTime = nil
        problem = nil
        self.onRelease = onRelease
    }

    /// What the limits of a pipeline said, and besides those of the job's keys.
    init(_ whole: Grant?, and own: Grant?, keyed: [Limit], problem: (any Error)? = nil) {
        deadline = [whole?.deadline, own?.deadline].compactMap(\.self).min()
        time = whole?.time
        keyedTime = own?.time
        slotKeys = (whole?.slotKeys ?? []).union(own?.slotKeys ?? [])
        self.keyed = keyed
        self.problem = problem
        switch (whole?.onRelease, own?.onRelease) {
        case (let first?, let second?):
            onRelease = {
                first()
                second()
            }
        case (let first, let second): onRelease = first ?? second
        }
    }

    /// Jobs with this grant have left and their slots are free.
    package func release() { onRelease?() }
}
