import FlumeStore

/// A job in a batcher's hands.
struct BatchMember: Sendable {
    /// What its limits have said: it counts from then on, and may start until then.
    struct Leave: Sendable {
        /// Until when it may start; `nil` when no limit cares.
        var deadline: ContinuousClock.Instant?
        /// When the pipeline's limits gave it, by Redis's clock; `nil` when they did not, or have it back.
        var time: Int?
        /// The same of the limits of the job's keys.
        var keyedTime: Int?
    }

    let delivery: Delivery
    /// What its handler gets; `nil` for a job that runs alone, which is read when it does.
    let context: JobContext?
    var leave: Leave
    /// Whether others of its token were let in, which is done once it starts.
    var isUnlocked = false

    init(delivery: Delivery, context: JobContext?, deadline: ContinuousClock.Instant?) {
        self.delivery = delivery
        self.context = context
        leave = Leave(deadline: deadline, time: delivery.grant?.time, keyedTime: delivery.grant?.keyedTime)
    }

    /// Whether it may not start any more without asking again.
    var isLate: Bool { leave.deadline.map { $0 < .now } ?? false }
}
