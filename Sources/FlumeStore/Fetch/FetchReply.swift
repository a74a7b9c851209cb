/// What a fetch brought.
package enum FetchReply: Sendable {
    /// The lease is held. `broken` names queues whose key does not hold a list, with Redis's words.
    case held(deliveries: [Delivery], paused: Set<String>, broken: [(queue: String, reason: String)])
    /// The same for a fetch through a gate.
    case admitted(deliveries: [Delivery], paused: Set<String>, broken: [(queue: String, reason: String)], GateReply)
    /// The lease had run out: take it again, then ask again. Nothing was taken.
    case lapsed
    /// The lease has a newer epoch than this fetch knew. Nothing was taken.
    case stale
    /// Somebody has recovered this process's jobs: it needs a new tenure. Nothing was taken.
    case buried
}
