import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob

extension Handler {
    /// The ActiveJob classes of the black-box tests.
    static func interopActiveJobs(redis: RedisClient, coding: ActiveJobCoding) -> [Handler] {
        [
            .activeJob("RailsEchoJob", coding: coding) { arguments, context in
                try await echo(arguments, context, redis, coding)
            },
            // Fails each time: three runs in all, then Sidekiq's own retries.
            .activeJob(
                "RailsRetryJob",
                rules: [
                    .retryOn(InteropError.self, as: ["InteropError"], wait: .fixed(.seconds(1)), attempts: 3, jitter: 0)
                ], coding: coding
            ) { arguments, context in
                try await echo(arguments, context, redis, coding)
                throw InteropError(description: "RailsRetryJob failed in execution \(context.executions)")
            },
        ]
    }
}

/// Writes down the arguments, decoded and written again, and what else is known about the job.
private func echo(
    _ arguments: ActiveJobArguments, _ context: ActiveJobContext, _ redis: RedisClient, _ coding: ActiveJobCoding
) async throws {
    let attributes = try context.job.currentAttributes(coding: coding)
    var cattr: JSONValue = .null
    if let values = attributes.sets.first {
        let members = try values.members.map { JSONObject.Member(key: $0.key, value: try $0.value.json()) }
        cattr = .object(JSONObject(members))
    }
    let record: JSONValue = .object([
        "jid": .string(context.jid),
        "queue": .string(context.queue),
        "class": .string(context.jobClass),
        "args": .array(try arguments.json()),
        "executions": .int(context.executions),
        "job_id": .string(context.jobID),
        "cattr": cattr,
        "locale": context.locale.map { .string($0) } ?? .null,
        "timezone": context.timezone.map { .string($0) } ?? .null,
        "priority": context.priority.map { .int($0) } ?? .null,
    ])
    var push = RedisCommand("RPUSH", "interop:echo")
    push.append(record.json)
    _ = try await redis.send(push)
}
