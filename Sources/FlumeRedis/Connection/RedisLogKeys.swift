/// The metadata keys of everything FlumeRedis logs.
package enum RedisLogKeys {
    /// Where the connection goes, without credentials.
    package static let address = "flume.redis.address"
    /// Why it failed.
    package static let error = "flume.redis.error"
    /// How many attempts it took to get it back.
    package static let attempts = "flume.redis.attempts"
}
