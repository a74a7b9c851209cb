import FlumeRedis

extension RedisError {
    /// A script of ours answered in a shape it cannot have: another version of Flume's script under the same name, or
    /// a server that is no Redis.
    ///
    /// Whatever it did, it may have done.
    static func unexpectedReply(to script: String, _ reply: RedisReply) -> RedisError {
        RedisError(.unknownOutcome, "\(script) was answered with something else than Redis answers: \(reply)")
    }
}
