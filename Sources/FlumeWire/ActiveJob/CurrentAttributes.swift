/// The values of Rails' CurrentAttributes that a job was enqueued under: `cattr`, `cattr_1` and so on.
///
/// One set for each class that Ruby's `Sidekiq::CurrentAttributes.persist` names, in that order. Both forms are read: an
/// object (Sidekiq up to 7) and a list of pairs (Sidekiq 8).
public struct CurrentAttributes: Sendable, Hashable {
    /// The fields as the payload has them, to be passed on byte for byte.
    private let fields: [Field]

    private struct Field: Sendable, Hashable {
        var name: String
        var json: [UInt8]
        var values: ActiveJobHash
    }

    /// The values of each class; the first is that of `cattr`.
    public var sets: [ActiveJobHash] { fields.map(\.values) }

    /// Whether there are none.
    public var isEmpty: Bool { fields.isEmpty }

    /// The value of an attribute, of the first class that has it.
    public subscript(name: String) -> ActiveJobValue? {
        for field in fields {
            if let value = field.values[name] { return value }
        }
        return nil
    }

    /// Makes the values of one class, to enqueue jobs under.
    ///
    /// They are written as Sidekiq up to 7 writes them, which every version reads; a Symbol is read back as a String then.
    ///
    /// - Throws: Which value has no form in JSON.
    public init(_ values: KeyValuePairs<String, ActiveJobValue>) throws(ArgumentsError) {
        var object = JSONObject()
        for (name, value) in values {
            if case .symbol(let symbol) = value {
                object[name] = .string(symbol.name)
            } else {
                object[name] = try value.json()
            }
        }
        let members = values.map { ActiveJobHash.Member(key: $0.key, value: $0.value, isSymbol: true) }
        fields = [Field(name: "cattr", json: JSONValue.object(object).json, values: ActiveJobHash(members))]
    }

    /// Reads the values out of a payload.
    ///
    /// - Throws: Which field has a form that neither Sidekiq writes.
    public init(_ payload: JobPayload, coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) {
        var fields: [Field] = []
        var name = "cattr"
        while let raw = payload.rawValue(name), let json = payload[name], !json.isNull {
            fields.append(Field(name: name, json: Array(raw), values: try Self.read(json, name, coding)))
            name = "cattr_\(fields.count)"
        }
        self.fields = fields
    }

    /// Writes the values into a payload that has none.
    public func add(to payload: inout JobPayload) {
        for field in fields where payload.rawValue(field.name) == nil {
            payload.set(field.name, toTrusted: field.json)
        }
    }

    private static func read(
        _ json: JSONValue, _ name: String, _ coding: ActiveJobCoding
    ) throws(ArgumentsError) -> ActiveJobHash {
        let path = ArgumentPath().appending(name: name)
        do throws(ArgumentsError) {
            switch json {
            case .object(let object):
                var members: [ActiveJobHash.Member] = []
                for member in object.members {
                    let value = try ActiveJobValue(member.value, coding, path.appending(name: member.key))
                    members.append(.init(key: member.key, value: value, isSymbol: true))
                }
                return ActiveJobHash(members)
            case .array(let pairs):
                var members: [ActiveJobHash.Member] = []
                for pair in try ActiveJobValue.values(of: pairs, coding, path) {
                    members.append(try member(pair, path))
                }
                return ActiveJobHash(members)
            default:
                throw ArgumentsError(.typeMismatch, path, "expected an object or an array of pairs, found \(json)")
            }
        } catch {
            // The field stands beside `args`, not in it.
            throw error.mapping { String($0.dropFirst("args.".count)) }
        }
    }

    private static func member(
        _ pair: ActiveJobValue, _ path: ArgumentPath
    ) throws(ArgumentsError) -> ActiveJobHash.Member {
        guard let elements = pair.array, elements.count == 2 else {
            throw ArgumentsError(.typeMismatch, path, "expected a pair of a name and a value, found \(pair)")
        }
        switch elements[0] {
        case .symbol(let name): return .init(key: name.name, value: elements[1], isSymbol: true)
        case .string(let name): return .init(key: name, value: elements[1])
        default: throw ArgumentsError(.typeMismatch, path, "expected a pair of a name and a value, found \(pair)")
        }
    }
}
