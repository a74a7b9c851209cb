import FlumeWire

/// What a value is in Ruby, without what it says: `Hash{"a" => Integer}`.
///
/// Values that ActiveJob has wrapped are shown as what Ruby's `perform` gets.
struct RubyShape: Hashable, CustomStringConvertible {
    private static let greatestDepth = 5
    private static let mostMembers = 12
    private static let longestKey = 40

    let description: String

    /// The shape of the arguments of a job; of an ActiveJob, of those inside its envelope.
    init(argumentsOf payload: JobPayload) {
        guard let arguments = try? payload.arguments() else {
            description = "not an Array"
            return
        }
        let isActiveJob = payload.jobClass.map(JobPayload.activeJobWrappers.contains) ?? false
        let inner = isActiveJob ? arguments.first?["arguments"]?.array : nil
        description = "[\(Self.list(inner ?? arguments, 0, ", "))]"
    }

    private static func list(_ values: [JSONValue], _ depth: Int, _ separator: String) -> String {
        let shown = values.prefix(mostMembers).map { shape($0, depth + 1) }
        return (shown + (values.count > mostMembers ? ["…"] : [])).joined(separator: separator)
    }

    private static func shape(_ value: JSONValue, _ depth: Int) -> String {
        switch value {
        case .null: return "nil"
        case .bool: return "Boolean"
        case .number(let number): return number.isInteger ? "Integer" : "Float"
        case .string: return "String"
        case .array(let elements):
            guard !elements.isEmpty else { return "Array" }
            guard depth < greatestDepth else { return "Array[…]" }
            var kinds: [String] = []
            for element in elements.prefix(1000) {
                let kind = shape(element, depth + 1)
                if !kinds.contains(kind) { kinds.append(kind) }
                if kinds.count > mostMembers { break }
            }
            return "Array[\(kinds.joined(separator: " | "))]"
        case .object(let object):
            return activeJobShape(object) ?? hash(object, depth)
        }
    }

    /// `_aj_serialized` names a serializer by the class it is for; other marks say which keys were symbols.
    static func activeJobShape(_ object: JSONObject) -> String? {
        if object["_aj_globalid"] != nil { return "GlobalID" }
        guard let serializer = object["_aj_serialized"]?.string else { return nil }
        let name = serializer.split(separator: ":").last.map(String.init) ?? serializer
        return name.hasSuffix("Serializer") ? String(name.dropLast("Serializer".count)) : name
    }

    private static func hash(_ object: JSONObject, _ depth: Int) -> String {
        let members = object.members.filter { !$0.key.hasPrefix("_aj_") }
        guard !members.isEmpty else { return "Hash" }
        guard depth < greatestDepth else { return "Hash{…}" }
        let symbols = Set(
            ["_aj_symbol_keys", "_aj_ruby2_keywords"].flatMap { object[$0]?.array?.compactMap(\.string) ?? [] })
        var shown = members.prefix(mostMembers).map { member in
            let key = String(member.key.prefix(longestKey))
            let value = shape(member.value, depth + 1)
            return symbols.contains(member.key) ? "\(key): \(value)" : "\(JSONValue.string(key)) => \(value)"
        }
        if members.count > mostMembers { shown.append("…") }
        return "Hash{\(shown.joined(separator: ", "))}"
    }
}
