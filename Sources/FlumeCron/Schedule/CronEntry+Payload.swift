package import FlumeWire
import Foundation

extension CronEntry {
    /// What Sidekiq 7 and 8 both know; see the wrapper's own two names.
    private static let activeJobWrapper = "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper"

    /// The job for a time.
    package func payload(for time: Timestamp) throws -> JobPayload {
        var payload = payload
        var arguments = try payload.arguments()
        if let argument = tickArgument.value(for: time) { arguments.append(argument) }
        if isActiveJob {
            let jobClass = payload["class"] ?? .null
            let job: JSONObject = [
                "job_class": jobClass, "job_id": .string(UUID().uuidString.lowercased()), "provider_job_id": .null,
                "queue_name": .string(payload.queue ?? "default"), "priority": .null,
                "arguments": .array(arguments.map(Self.activeJobArgument)), "executions": 0,
                "exception_executions": [:], "locale": "en", "timezone": .null,
                "enqueued_at": .string(Self.isoTime(time)),
            ]
            payload.set("class", to: .string(Self.activeJobWrapper))
            payload.set("wrapped", to: jobClass)
            arguments = [.object(job)]
        }
        if isActiveJob || tickArgument != .none { payload.set("args", to: .array(arguments)) }
        return payload
    }

    /// A hash carries which of its keys were symbols, if it does not say so itself.
    private static func activeJobArgument(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items):
            return .array(items.map(activeJobArgument))
        case .object(var object):
            guard !object.members.contains(where: { $0.key.hasPrefix("_aj_") }) else { return value }
            for member in object.members { object[member.key] = activeJobArgument(member.value) }
            object["_aj_symbol_keys"] = .array([])
            return .object(object)
        case .null, .bool, .number, .string:
            return value
        }
    }

    /// Whole seconds, which every Rails reads.
    private static func isoTime(_ time: Timestamp) -> String {
        Date(timeIntervalSince1970: Double(time.wholeSeconds)).formatted(.iso8601)
    }
}
