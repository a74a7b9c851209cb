/// An ActiveSupport::Duration among ActiveJob's arguments: `1.day + 2.hours`.
///
/// A month has no fixed length, so Rails writes both the number of seconds and the parts it was made of.
public struct RubyDuration: Sendable, Hashable, CustomStringConvertible {
    /// So many of one unit.
    public struct Part: Sendable, Hashable {
        /// The unit, such as `days`.
        public let unit: String
        /// How many.
        public let amount: JSONNumber

        /// Makes a part.
        public init(unit: String, amount: JSONNumber) {
            self.unit = unit
            self.amount = amount
        }
    }

    /// The whole in seconds, with a year of 365.2425 days.
    public let value: JSONNumber
    /// What it was made of, in that order.
    public let parts: [Part]

    /// Makes a duration of its length and its parts.
    public init(value: JSONNumber, parts: [Part]) {
        self.value = value
        self.parts = parts
    }

    /// Makes a duration of seconds, exact to the microsecond.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let fraction = Double(seconds) + (Double(attoseconds) / 1e12).rounded() / 1e6
        value = attoseconds == 0 ? JSONNumber(seconds) : JSONNumber(fraction) ?? JSONNumber(seconds)
        parts = [Part(unit: "seconds", amount: value)]
    }

    /// The whole in seconds.
    public var seconds: Double {
        value.double
    }

    /// The whole as Swift has it, nil if it is too long.
    public var duration: Duration? {
        if let seconds = value.int { return .seconds(seconds) }
        return seconds.isFinite && abs(seconds) < 1e18 ? .seconds(seconds) : nil
    }

    /// The parts in words.
    public var description: String {
        parts.isEmpty ? "0 seconds" : parts.map { "\($0.amount) \($0.unit)" }.joined(separator: " and ")
    }
}

extension RubyDuration: ActiveJobArgument {
    static var rubyName: String { "a Duration" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubyDuration {
        guard case .duration(let duration) = decoder.value else { throw decoder.mismatch(rubyName) }
        return duration
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        .duration(self)
    }
}
