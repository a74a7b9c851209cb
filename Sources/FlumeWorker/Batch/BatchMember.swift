import FlumeStore

/// A job in a batcher's hands.
struct BatchMember: Sendable {
    let delivery: Delivery
    /// What its handler gets; `nil` for a job that runs alone, which is read when it does.
    let context: JobContext?
    /// Until when its limits let it start; `nil` when none cares.
    var deadline: ContinuousClock.Instant?
}
