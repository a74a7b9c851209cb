/// A Ruby Range among ActiveJob's arguments: `1..10`, `1...10`, `1..`.
public struct RubyRange<Bound> {
    /// Where it begins, nil if it has no beginning.
    public var begin: Bound?
    /// Where it ends, nil if it has no end.
    public var end: Bound?
    /// Whether the end does not belong to it: Ruby's `...`.
    public var excludesEnd: Bool

    /// Makes a range; either end may be open.
    public init(begin: Bound?, end: Bound?, excludesEnd: Bool = false) {
        self.begin = begin
        self.end = end
        self.excludesEnd = excludesEnd
    }
}

extension RubyRange: Sendable where Bound: Sendable {}
extension RubyRange: Equatable where Bound: Equatable {}
extension RubyRange: Hashable where Bound: Hashable {}

extension RubyRange: CustomStringConvertible {
    /// The range as Ruby writes it.
    public var description: String {
        let ends = [begin, end].map { $0.map { "\($0)" } ?? "" }
        return ends.joined(separator: excludesEnd ? "..." : "..")
    }
}

extension RubyRange where Bound: Comparable {
    /// Makes a range with both ends in it.
    public init(_ range: ClosedRange<Bound>) {
        self.init(begin: range.lowerBound, end: range.upperBound)
    }

    /// Makes a range without its end.
    public init(_ range: Range<Bound>) {
        self.init(begin: range.lowerBound, end: range.upperBound, excludesEnd: true)
    }

    /// Whether a value lies in the range.
    public func contains(_ value: Bound) -> Bool {
        if let begin, value < begin { return false }
        if let end { return excludesEnd ? value < end : value <= end }
        return true
    }
}

extension RubyRange: Decodable where Bound: Codable {}
extension RubyRange: Encodable where Bound: Codable {}

extension RubyRange: ActiveJobArgument where Bound: Codable {
    static var rubyName: String { "a Range" }

    static func read(_ decoder: ActiveJobDecoder) throws -> RubyRange {
        guard case .range(let range) = decoder.value else { throw decoder.mismatch(rubyName) }
        func bound(_ value: ActiveJobValue?, _ name: String) throws -> Bound? {
            try value.map { try decoder.inner($0, name).decode(Bound.self) }
        }
        return RubyRange(
            begin: try bound(range.begin, "begin"), end: try bound(range.end, "end"), excludesEnd: range.excludesEnd)
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue {
        .range(
            RubyRange<ActiveJobValue>(
                begin: try begin.map { try encoder.value(of: $0, "begin") },
                end: try end.map { try encoder.value(of: $0, "end") }, excludesEnd: excludesEnd))
    }
}
