import FlumeCron
import FlumeWire

extension Source {
    /// The arguments of a job: a list, or a single one of any other kind.
    func arguments() throws(ConfigurationError) -> [JSONValue] {
        switch try json() {
        case .array(let arguments): arguments
        case .null: []
        case let argument: [argument]
        }
    }

    /// The value as JSON, by the rules of YAML 1.1 as Ruby has them.
    func json() throws(ConfigurationError) -> JSONValue {
        switch content {
        case .nothing:
            return .null
        case .scalar(let text, isQuoted: true):
            return .string(text)
        case .scalar(let text, isQuoted: false):
            if let flag = try? boolean() { return .bool(flag) }
            let digits = text.filter { $0 != "_" && $0 != "," }
            if digits.first?.isNumber ?? false || "+-.".contains(digits.prefix(1)) {
                if let number = Int(digits) { return .int(number) }
                if let number = Double(digits), let value = JSONValue.double(number) { return value }
            }
            // Ruby's symbols are text in JSON.
            return .string(text.withoutColon)
        case .list(let items):
            var values: [JSONValue] = []
            for item in items { values.append(try item.json()) }
            return .array(values)
        case .mapping(let entries):
            var object: JSONObject = [:]
            for entry in entries { object[entry.key.withoutColon] = try entry.value.json() }
            return .object(object)
        }
    }

    /// Sidekiq's `retry`: a number, true or false.
    func retry() throws(ConfigurationError) -> RetrySetting {
        if let flag = try? boolean() { return flag ? .default : .none }
        guard let number = try? integer(in: 0...Int.max) else {
            throw expected("true, false or how often it is run again")
        }
        return .limit(number)
    }

    /// What becomes of missed ticks.
    func missedTicks() throws(ConfigurationError) -> MissedTicks {
        if let number = try? integer() { return .runAll(limit: number) }
        guard case .scalar(let text, _) = content else { throw expected(Self.missedForms) }
        switch text {
        case "skip": return .skip
        case "once": return .runOnce
        case "all": return .runAll()
        default: throw expected(Self.missedForms)
        }
    }

    private static let missedForms = "skip, once, all or how many at most"
}

extension JSONValue {
    /// The value with a mark in each of its hashes that its keys were symbols, for ActiveJob.
    var withSymbolKeys: JSONValue {
        switch self {
        case .array(let items):
            return .array(items.map(\.withSymbolKeys))
        case .object(var object):
            let keys = object.members.map { JSONValue.string($0.key) }
            for member in object.members { object[member.key] = member.value.withSymbolKeys }
            object["_aj_symbol_keys"] = .array(keys)
            return .object(object)
        case .null, .bool, .number, .string:
            return self
        }
    }
}
