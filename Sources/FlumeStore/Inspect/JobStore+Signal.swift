package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let signalScript = RedisScript(name: "signal", source: PackageResources.signal_lua)
    private static let signalSeconds = 60

    /// Sends a process a signal, which it reads at its next beat.
    ///
    /// - Parameters:
    ///   - signal: such as `TSTP`.
    ///   - identity: the process.
    ///   - isExq: whether it is an Exq node, whose keys begin with a colon when there is no namespace.
    /// - Returns: whether there is such a process; if not, nothing was written.
    /// - Throws: when Redis did not answer; it may have been sent all the same.
    package func signal(_ signal: String, to identity: String, isExq: Bool = false) async throws(RedisError) -> Bool {
        let names =
            isExq
            ? [keys.exqProcess(identity), keys.exqSignals(identity)]
            : [keys.process(identity), keys.signals(identity)]
        let reply = try await redis.evaluate(Self.signalScript, keys: names) { command in
            command.append(signal)
            command.append(Self.signalSeconds)
        }
        return reply.integer == 1
    }
}
