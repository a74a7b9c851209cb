/// An object among ActiveJob's arguments that a serializer of the application's own wrote.
public struct ActiveJobObject: Sendable, Hashable, CustomStringConvertible {
    /// The Ruby class of the serializer, such as `MoneySerializer`.
    public let serializer: String
    /// What it wrote.
    public let members: JSONObject

    /// Makes an object.
    public init(serializer: String, members: JSONObject) {
        self.serializer = serializer
        self.members = members
    }

    /// The serializer and what it wrote.
    public var description: String {
        "\(serializer)\(JSONValue.object(members))"
    }
}

extension ActiveJobObject: ActiveJobArgument {
    static var rubyName: String { "an object of a serializer" }

    static func read(_ decoder: ActiveJobDecoder) throws -> ActiveJobObject {
        guard case .object(let object) = decoder.value else { throw decoder.mismatch(rubyName) }
        return object
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .object(self)
    }
}
