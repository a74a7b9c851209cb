/// The Swift side of a serializer that the Rails application has of its own.
///
/// ```ruby
/// class MoneySerializer < ActiveJob::Serializers::ObjectSerializer
///   def serialize(money) = super("amount" => money.amount, "currency" => money.currency)
///   …
/// end
/// ```
///
/// ```swift
/// struct Money: Codable { var amount: Int; var currency: String }
/// let serializer = ActiveJobSerializer("MoneySerializer", for: Money.self)
/// ```
public struct ActiveJobSerializer: Sendable {
    /// The Ruby class of the serializer.
    public let name: String
    let type: ObjectIdentifier
    let decode: @Sendable (JSONObject) throws -> any Sendable
    /// Nil for a value of another type.
    let encode: @Sendable (Any) throws -> JSONObject?

    /// Makes a serializer whose members are read and written by closures.
    ///
    /// - Parameters:
    ///   - name: the Ruby class of the serializer, with its modules.
    ///   - type: the Swift type.
    ///   - decode: makes a value of what the serializer wrote, its own name left out.
    ///   - encode: what the serializer would have written.
    public init<Value: Sendable>(
        _ name: String, for type: Value.Type, decode: @escaping @Sendable (JSONObject) throws -> Value,
        encode: @escaping @Sendable (Value) throws -> JSONObject
    ) {
        self.name = name
        self.type = ObjectIdentifier(type)
        self.decode = { try decode($0) }
        self.encode = { value in try (value as? Value).map(encode) }
    }

    /// Makes a serializer whose members are the properties of a Codable type.
    ///
    /// Members that are Symbols, times and the like in Ruby are ``RubySymbol``, ``RubyTime`` and so on here.
    public init<Value: Codable & Sendable>(_ name: String, for type: Value.Type) {
        self.init(
            name, for: type,
            decode: { members in
                try ArgumentsDecoder(JSONValue.array([.object(members)]).json[...]).decode(type, position: 0)
            },
            encode: { value in
                let json = try JSONValue(parsing: try ArgumentsEncoder().encode(value, position: 0))
                guard let members = json.object else {
                    throw ArgumentsError(
                        .notStorable, "\(type) does not encode as an object, which a serializer writes")
                }
                return members
            })
    }
}
