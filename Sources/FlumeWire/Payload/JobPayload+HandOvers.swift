/// How often a job was handed over for want of a handler: a field of Flume's own, which Sidekiq keeps.
extension JobPayload {
    private static let handOversField = "flume_handovers"

    /// `flume_handovers`: how often a worker that has no handler for the class has handed the job to another queue.
    public var handOvers: Int {
        max(0, self[Self.handOversField]?.int ?? 0)
    }

    /// Counts one more; see ``handOvers``.
    public mutating func countHandOver() {
        let (sum, isTooLarge) = handOvers.addingReportingOverflow(1)
        set(Self.handOversField, to: .int(isTooLarge ? Int.max : sum))
    }
}
