import FoundationEssentials

/// Foundation's and the standard library's types that stand for one of Ruby's.
///
/// `Date` is a Time, `Decimal` a BigDecimal, `Duration` an ActiveSupport::Duration, `Range` and `ClosedRange` a Range;
/// `URL` is its text and `Data` base64 text.
enum ActiveJobFoundationValues {
    static func decode<T>(_ type: T.Type, _ decoder: ActiveJobDecoder) throws -> T? {
        if type == Date.self { return try RubyTime.read(decoder).date as? T }
        if type == Duration.self {
            guard let duration = try RubyDuration.read(decoder).duration else { throw decoder.mismatch("Duration") }
            return duration as? T
        }
        if type == Decimal.self {
            guard let decimal = try BigDecimal.read(decoder).decimal else {
                throw decoder.mismatch("Decimal, which has up to 38 digits (BigDecimal has any number of them)")
            }
            return decimal as? T
        }
        if type == URL.self {
            guard let text = decoder.value.string, let url = URL(string: text) else { throw decoder.mismatch("a URL") }
            return url as? T
        }
        if type == Data.self {
            guard let text = decoder.value.string, let data = Data(base64Encoded: text) else {
                throw decoder.mismatch("base64 text")
            }
            return data as? T
        }
        if type == JSONValue.self { return try decoder.value.json(decoder.coding, decoder.path) as? T }
        if let range = type as? any RangeArgument.Type { return try range.read(decoder) as? T }
        return nil
    }

    /// Nil if the value is none of these.
    static func encode<T>(_ value: T, _ encoder: ActiveJobEncoder) throws -> ActiveJobValue? {
        switch value {
        case let date as Date:
            guard date.timeIntervalSince1970.isFinite else {
                throw ArgumentsError(.notStorable, encoder.path, "\(date) cannot be stored: it is no moment")
            }
            return .time(RubyTime(date))
        case let duration as Duration: return .duration(RubyDuration(duration))
        case let decimal as Decimal: return .decimal(BigDecimal(decimal))
        case let url as URL: return .string(url.absoluteString)
        case let data as Data: return .string(data.base64EncodedString())
        case let json as JSONValue: return try ActiveJobValue(json, encoder.coding, encoder.path)
        case let range as any RangeArgument: return try range.activeJobValue(encoder)
        default: return nil
        }
    }
}

/// Swift's own ranges, which are Codable as arrays and so must not be asked.
private protocol RangeArgument {
    static func read(_ decoder: ActiveJobDecoder) throws -> Self
    func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue
}

extension ClosedRange: RangeArgument where Bound: Codable {
    fileprivate static func read(_ decoder: ActiveJobDecoder) throws -> ClosedRange {
        let range = try RubyRange<Bound>.read(decoder)
        guard let begin = range.begin, let end = range.end, !range.excludesEnd, begin <= end else {
            throw decoder.mismatch("a Range with both ends, the last in it")
        }
        return begin...end
    }

    fileprivate func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue {
        try RubyRange(self).activeJobValue(encoder)
    }
}

extension Range: RangeArgument where Bound: Codable {
    fileprivate static func read(_ decoder: ActiveJobDecoder) throws -> Range {
        let range = try RubyRange<Bound>.read(decoder)
        guard let begin = range.begin, let end = range.end, range.excludesEnd, begin <= end else {
            throw decoder.mismatch("a Range with both ends, the last not in it")
        }
        return begin..<end
    }

    fileprivate func activeJobValue(_ encoder: ActiveJobEncoder) throws -> ActiveJobValue {
        try RubyRange(self).activeJobValue(encoder)
    }
}
