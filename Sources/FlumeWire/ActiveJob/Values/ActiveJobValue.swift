/// Any value that can stand among the arguments of an ActiveJob job.
public indirect enum ActiveJobValue: Sendable, Hashable {
    /// `nil`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// An Integer or a Float, with its text.
    case number(JSONNumber)
    /// A String.
    case string(String)
    /// An Array.
    case array([ActiveJobValue])
    /// A Hash, keyword arguments, or a HashWithIndifferentAccess.
    case hash(ActiveJobHash)
    /// A Symbol.
    case symbol(RubySymbol)
    /// A Time, DateTime or ActiveSupport::TimeWithZone.
    case time(RubyTime)
    /// A Date.
    case date(RubyDate)
    /// An ActiveSupport::Duration.
    case duration(RubyDuration)
    /// A BigDecimal.
    case decimal(BigDecimal)
    /// A Range.
    case range(RubyRange<ActiveJobValue>)
    /// A class or module.
    case module(RubyModule)
    /// The name of a record.
    case globalID(GlobalID)
    /// What a serializer of the application's own wrote.
    case object(ActiveJobObject)

    /// Makes an Integer.
    public static func int(_ value: some BinaryInteger) -> ActiveJobValue {
        .number(JSONNumber(value))
    }

    /// Whether this is `nil`.
    public var isNull: Bool { self == .null }

    /// The text if this is a String.
    public var string: String? {
        if case .string(let string) = self { string } else { nil }
    }

    /// The value if this is an Integer that fits.
    public var int: Int? {
        if case .number(let number) = self { number.int } else { nil }
    }

    /// The elements if this is an Array.
    public var array: [ActiveJobValue]? {
        if case .array(let array) = self { array } else { nil }
    }

    /// The members if this is a Hash of any kind.
    public var hash: ActiveJobHash? {
        if case .hash(let hash) = self { hash } else { nil }
    }

    /// What messages call it.
    var kindInWords: String {
        switch self {
        case .null: "nil"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a String"
        case .array: "an Array"
        case .hash(let hash):
            switch hash.kind {
            case .plain: "a Hash"
            case .keywords: "keyword arguments"
            case .indifferent: "a HashWithIndifferentAccess"
            }
        case .symbol: "a Symbol"
        case .time(let time):
            switch time.kind {
            case .time: "a Time"
            case .dateTime: "a DateTime"
            case .timeWithZone: "a TimeWithZone"
            }
        case .date: "a Date"
        case .duration: "a Duration"
        case .decimal: "a BigDecimal"
        case .range: "a Range"
        case .module: "a Module"
        case .globalID: "a GlobalID"
        case .object: "an object"
        }
    }
}

extension ActiveJobValue: CustomStringConvertible {
    /// The value much as Ruby's `inspect` shows it.
    public var description: String {
        switch self {
        case .null: "nil"
        case .bool(let bool): "\(bool)"
        case .number(let number): number.text
        case .string(let string): "\(JSONValue.string(string))"
        case .array(let array): "[\(array.map(\.description).joined(separator: ", "))]"
        case .hash(let hash): hash.description
        case .symbol(let symbol): symbol.description
        case .time(let time): time.description
        case .date(let date): date.description
        case .duration(let duration): duration.description
        case .decimal(let decimal): decimal.description
        case .range(let range): range.description
        case .module(let module): module.description
        case .globalID(let id): id.description
        case .object(let object): object.description
        }
    }
}

extension ActiveJobValue: ActiveJobArgument {
    static var rubyName: String { "anything" }

    static func read(_ decoder: ActiveJobDecoder) -> ActiveJobValue {
        decoder.value
    }

    func activeJobValue(_ encoder: ActiveJobEncoder) -> ActiveJobValue {
        self
    }
}
