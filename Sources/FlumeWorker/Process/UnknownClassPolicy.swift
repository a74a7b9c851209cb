import FlumeWire

/// What to do with a job whose class has no handler.
///
/// It is never thrown away: where it cannot be retried because its `retry` is `false`, it goes to the dead set.
public enum UnknownClassPolicy: Sendable, Hashable {
    /// Fail it, as Sidekiq does: it is retried, by whichever process takes it then.
    case retry
    /// Hand it over to another queue, which others read, at most so many times.
    ///
    /// The job keeps its bytes but for `queue`, `enqueued_at` and a counter, `flume_handovers`. The counter stays with the
    /// job, so that two fleets of which neither has the class do not send it to and fro for ever: once it was handed over
    /// so often it fails as by ``retry``. So does a job that was taken from that very queue.
    case forward(toQueue: String, limit: Int = 3)
    /// Send it to the dead set at once.
    case dead

    /// How a job of this class ends that was taken from this queue.
    func outcome(for payload: JobPayload, of jobClass: String, from queue: String) -> Outcome {
        guard case .forward(let other, let limit) = self, other != queue, payload.handOvers < limit else {
            return .unknownClass(UnknownClassError(jobClass: jobClass))
        }
        return .handedOver(toQueue: other)
    }
}
