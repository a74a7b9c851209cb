extension JSONValue: Codable {
    /// Reads any value from any decoder; Flume's own keeps the text of numbers.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? SourceDecoder {
            self = try decoder.decode(JSONValue.self)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else if let int = try? container.decode(Int.self) {
            self = .int(int)
        } else if let double = try? container.decode(Double.self), let number = JSONNumber(double) {
            self = .number(number)
        } else if let string = try? container.decode(String.self) {
            self = .string(string)
        } else if let array = try? container.decode([JSONValue].self) {
            self = .array(array)
        } else {
            let members = try decoder.container(keyedBy: ArgumentPath.Key.self)
            self = .object(
                JSONObject(
                    try members.allKeys.map { key in
                        JSONObject.Member(key: key.stringValue, value: try members.decode(JSONValue.self, forKey: key))
                    }))
        }
    }

    /// Writes the value to any encoder; Flume's own keeps the text of numbers.
    public func encode(to encoder: any Encoder) throws {
        // An encoder may be asked for one container only, so the object is told apart first.
        if case .object(let object) = self, !(encoder is FragmentEncoder) {
            var members = encoder.container(keyedBy: ArgumentPath.Key.self)
            for member in object.members {
                try members.encode(member.value, forKey: ArgumentPath.Key(name: member.key))
            }
            return
        }
        var container = encoder.singleValueContainer()
        if encoder is FragmentEncoder { return try container.encode(self) }
        switch self {
        case .null, .object: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array)
        case .number(let number):
            if let int = number.int { try container.encode(int) } else { try container.encode(number.double) }
        }
    }
}
