import Flume
import FlumeRedis
import FlumeWire
import FlumeWorker

/// What a failing test job throws.
struct InteropError: Error, CustomStringConvertible {
    let description: String

    /// What a job or an option may take for a span of time; a `Duration` cannot be any number.
    static let seconds = 0...1e9

    /// Seconds from a job's arguments.
    static func duration(_ seconds: Double) throws -> Duration {
        guard Self.seconds.contains(seconds) else {
            throw InteropError(description: "\(seconds) is no number of seconds from 0 to a billion")
        }
        return .seconds(seconds)
    }
}

/// Arguments of several types, as a typed job.
struct TypedJob: Job {
    var number: Int
    var text: String
    var map: [String: Int]
    var factor: Double?
}

extension HandlerRegistry {
    /// The classes of the black-box tests.
    static func interop(redis: RedisClient, stamper: Stamper, coding: ActiveJobCoding) -> HandlerRegistry {
        HandlerRegistry {
            Handler.raw("EchoJob") { payload, context in try await echo(payload, context, redis) }
            Handler.raw("NoopJob") { _, _ in }
            Handler.interopActiveJobs(redis: redis, coding: coding)
            Handler("SleepJob") { (context, seconds: Double) in
                let duration = try InteropError.duration(seconds)
                _ = try await redis.send(RedisCommand("RPUSH", "interop:started", context.jid))
                try await Task.sleep(for: duration)
                _ = try await redis.send(RedisCommand("RPUSH", "interop:finished", context.jid))
            }
            Handler.raw("StampJob") { _, context in try await stamper.stamp(context.jid) }
            Handler("LimitedJob") { (context, key: String, milliseconds: Int) in
                try await stamper.stamp("\(key)/\(context.jid)")
                try await Task.sleep(for: .milliseconds(milliseconds))
            }
            Handler("FailJob") { (_, message: String) in throw InteropError(description: message) }
            Handler.raw("FailTimesJob") { payload, context in
                let arguments = try payload.arguments()
                guard let key = arguments.first?.string, let times = arguments.dropFirst().first?.int else {
                    throw InteropError(description: "FailTimesJob takes a key and a number")
                }
                let runs = try await redis.send(RedisCommand("INCR", "interop:runs:\(key)")).integer ?? 0
                guard runs > times else { throw InteropError(description: "failure \(runs) of \(times)") }
                try await echo(payload, context, redis)
            }
            .backOff(BackOff { _, _, _ in .after(.seconds(1)) })
            Handler("SnoozeJob") { (context, seconds: Double) in
                let duration = try InteropError.duration(seconds)
                let runs = try await redis.send(RedisCommand("INCR", "interop:snoozed:\(context.jid)")).integer ?? 0
                guard runs > 1 else { throw JobDirective.snooze(for: duration) }
                _ = try await redis.send(RedisCommand("RPUSH", "interop:finished", context.jid))
            }
            Handler.raw("CrashJob") { _, _ in fatalError("CrashJob ends its process, as asked") }
            Handler.batch("BatchEchoJob") { batch in
                let jids = JSONValue.array(batch.contexts.map { .string($0.jid) })
                var push = RedisCommand("RPUSH", "interop:batches")
                push.append(jids.json)
                _ = try await redis.send(push)
            }
            Handler("SpinJob") { (context, seconds: Double) in
                let duration = try InteropError.duration(seconds)
                _ = try await redis.send(RedisCommand("RPUSH", "interop:started", context.jid))
                let end = ContinuousClock.now + duration
                while ContinuousClock.now < end {}
                _ = try await redis.send(RedisCommand("RPUSH", "interop:finished", context.jid))
            }
            Handler(for: TypedJob.self) { job, context in
                let factor = job.factor.map { "\($0)" } ?? "nil"
                let map = job.map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
                _ = try await redis.send(
                    RedisCommand("RPUSH", "interop:echo", "\(job.number)|\(job.text)|\(map)|\(factor)"))
            }
        }
    }
}

/// Writes down who ran, from which queue, and with which arguments, byte for byte.
private func echo(_ payload: JobPayload, _ context: JobContext, _ redis: RedisClient) async throws {
    var record = Array("{\"jid\":".utf8)
    record += JSONValue.string(context.jid).json
    record += Array(",\"queue\":".utf8)
    record += JSONValue.string(context.queue).json
    record += Array(",\"args\":".utf8)
    record += payload.argumentBytes.map(Array.init) ?? Array("[]".utf8)
    record += Array("}".utf8)
    var push = RedisCommand("RPUSH", "interop:echo")
    push.append(record)
    _ = try await redis.send(push)
}
