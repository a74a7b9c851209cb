/// A keyword argument of an ActiveJob job, by the name of its property.
///
/// ```swift
/// struct ReportJob: ActiveJob {           // def perform(account, from:, to: nil)
///     var account: GlobalID
///     @Keyword var from: RubyDate
///     @Keyword var to: RubyDate? = nil
/// }
/// ```
///
/// Keywords may come in any order. One that is nil is left out, so that Ruby's own default counts; one that is missing
/// decodes as nil. The name can be another one than the property's: that of its coding key.
@propertyWrapper
public struct Keyword<Value: Codable & Sendable>: Codable, Sendable {
    /// The argument.
    public var wrappedValue: Value

    /// Makes a keyword argument.
    public init(wrappedValue: Value) {
        self.wrappedValue = wrappedValue
    }

    /// Reads the value itself.
    public init(from decoder: any Decoder) throws {
        wrappedValue = try decoder.singleValueContainer().decode(Value.self)
    }

    /// Writes the value itself.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension Keyword: Equatable where Value: Equatable {}
extension Keyword: Hashable where Value: Hashable {}

/// What the positional containers need to know of a keyword argument, whatever its type.
protocol KeywordArgument {
    /// What a missing keyword decodes as, if it may be missing.
    static var missing: Self? { get }
}

extension Keyword: KeywordArgument {
    static var missing: Keyword? {
        MissingArgument.value(Value.self).map { Keyword(wrappedValue: $0) }
    }
}
