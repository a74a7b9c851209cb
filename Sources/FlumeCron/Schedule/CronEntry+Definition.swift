import FlumeStore
import FlumeWire

/// The form in which an entry is kept in Redis, so that every process can list it and run it.
extension CronEntry {
    /// What is put in force.
    var definition: CronDefinition {
        CronDefinition(
            name: name, json: JSONValue.object(object).json, timing: expression.description, isEnabled: isEnabled)
    }

    private var object: JSONObject {
        var object: JSONObject = [
            "cron": .string(expression.text), "zone": .string(expression.zone),
            "job": (try? JSONValue(parsing: payload.bytes)) ?? .null, "enabled": .bool(isEnabled),
        ]
        if tickArgument != .none { object["tick_argument"] = .string(tickArgument.rawValue) }
        switch missed {
        case .skip: object["missed"] = "skip"
        case .runOnce: object["missed"] = "once"
        case .runAll(let limit): object["missed"] = .int(limit)
        }
        if !description.isEmpty { object["description"] = .string(description) }
        if isActiveJob { object["active_job"] = true }
        return object
    }

    /// Reads an entry that some process has put in force.
    init(name: String, definition: [UInt8]) throws(CronError) {
        guard let object = try? JSONValue(parsing: definition), let cron = object["cron"]?.string,
            let zone = object["zone"]?.string, let job = object["job"],
            let payload = try? JobPayload(parsing: job.json)
        else {
            throw CronError(field: name, message: "what Redis has of it is not what a scheduler writes")
        }
        let missed: MissedTicks =
            switch object["missed"] {
            case "skip": .skip
            case .number(let number): .runAll(limit: number.int ?? 1)
            default: .runOnce
            }
        try self.init(
            name, cron, zone: zone, payload: payload,
            tickArgument: object["tick_argument"]?.string.flatMap(TickArgument.init) ?? .none, missed: missed,
            isEnabled: object["enabled"]?.bool ?? true, description: object["description"]?.string ?? "",
            isActiveJob: object["active_job"]?.bool ?? false)
    }
}
