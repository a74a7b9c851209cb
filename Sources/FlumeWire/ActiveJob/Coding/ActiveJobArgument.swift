/// A Swift type with a form of its own among ActiveJob's arguments.
protocol ActiveJobArgument: Codable {
    /// What messages call it, such as `a Symbol`.
    static var rubyName: String { get }
    /// Takes the decoder's value.
    static func read(_ decoder: ActiveJobDecoder) throws -> Self
    /// The value to write.
    func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue
}

/// Elsewhere than in ActiveJob's arguments, such a type is the tagged object that ActiveJob would write.
extension ActiveJobArgument {
    /// Reads the value out of ActiveJob's arguments, or its tagged form out of anything else.
    public init(from decoder: any Decoder) throws {
        if let decoder = decoder as? ActiveJobDecoder {
            self = try Self.read(decoder)
            return
        }
        let (coding, path) = (ActiveJobCoding(), ArgumentPath())
        let json = try JSONValue(from: decoder)
        do {
            let value = try ActiveJobValue(json, coding, path)
            self = try Self.read(ActiveJobDecoder(value: value, path: path, coding: coding))
        } catch let error as ArgumentsError {
            // The place is the decoder's, behind which comes what is inside this value.
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(error.message.dropFirst("args".count))"))
        }
    }

    /// Writes the value to ActiveJob's arguments, or its tagged form to anything else.
    public func encode(to encoder: any Encoder) throws {
        if let encoder = encoder as? ActiveJobEncoder {
            encoder.fragment.set(try activeJobValue(encoder))
            return
        }
        let inner = ActiveJobEncoder(fragment: ActiveJobFragment(), path: ArgumentPath(), coding: ActiveJobCoding())
        try activeJobValue(inner).json(ActiveJobCoding(), ArgumentPath()).encode(to: encoder)
    }
}
