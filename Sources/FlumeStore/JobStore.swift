package import FlumeRedis
package import FlumeWire

/// Everything Flume does to Redis, a verb at a time.
///
/// A store is a connection and a namespace. Its verbs stand in folders along the way of a job: `Push`, `Fetch`, `Settle`,
/// `Schedule`; `Lease` says who is alive, `Observe` what the Web UI shows. What a verb does atomically is a `.lua` file
/// beside it, which names no key that it was not passed.
package struct JobStore: Sendable {
    /// The connection all verbs use.
    package let redis: RedisClient
    /// The names of all keys.
    package let keys: KeySpace
    /// How many dead jobs are kept, and for how long.
    package let deadSetLimits: DeadSetLimits
    let line: PushLine

    package init(redis: RedisClient, keys: KeySpace, deadSetLimits: DeadSetLimits = .init()) {
        self.redis = redis
        self.keys = keys
        self.deadSetLimits = deadSetLimits
        line = PushLine(executor: redis.taskExecutor)
    }
}
