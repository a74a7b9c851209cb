/// What a Redis says of itself that is no reason to refuse it.
public struct RedisServerFacts: Sendable, Hashable {
    /// What it does when its memory is full: `noeviction` refuses writes, all others delete keys.
    ///
    /// `nil` when it does not say, as some that are run by others do not.
    public let evictionPolicy: String?

    /// What it deletes when its memory is full; `nil` when it deletes nothing, or does not say.
    package var evicted: Evicted? {
        guard let evictionPolicy, evictionPolicy != "noeviction" else { return nil }
        return evictionPolicy.hasPrefix("volatile-") ? .expiringKeys : .anyKeys
    }

    /// Which keys a Redis deletes to make room.
    package enum Evicted: Sendable, Hashable {
        /// Those that would expire by themselves some day.
        case expiringKeys
        /// Any: queues too.
        case anyKeys
    }
}
