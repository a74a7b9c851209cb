/// Says why arguments do not fit a job, or a job's arguments cannot be stored.
///
/// The message is what the Web UI shows as `error_message`: it names the position, what was expected and what was found.
public struct ArgumentsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of fault.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case wrongCount, typeMismatch, outOfRange, invalidValue, notAnArray, notStorable
        }

        private let kind: Kind

        /// Too many or too few arguments.
        public static let wrongCount = Code(kind: .wrongCount)
        /// A value of another kind than the job declares.
        public static let typeMismatch = Code(kind: .typeMismatch)
        /// A number that the declared type cannot hold.
        public static let outOfRange = Code(kind: .outOfRange)
        /// The right kind of value, but refused by the type itself.
        public static let invalidValue = Code(kind: .invalidValue)
        /// `args` is not an array.
        public static let notAnArray = Code(kind: .notAnArray)
        /// A value that JSON, or Ruby's reading of it, has no form for: NaN, infinities, `Date`, too deep nesting.
        public static let notStorable = Code(kind: .notStorable)

        /// The name of the code, such as `typeMismatch`.
        public var description: String {
            kind.rawValue
        }
    }

    /// The kind of fault.
    public let code: Code
    /// The position among the arguments, counted from 0; nil where none is at fault.
    public let position: Int?
    /// What is wrong and where.
    public let message: String

    init(_ code: Code, position: Int? = nil, _ message: String) {
        self.code = code
        self.position = position
        self.message = message
    }

    init(_ code: Code, _ path: ArgumentPath, _ message: String) {
        self.init(code, position: path.position, "\(path): \(message)")
    }

    /// An error of another type names a path of its own, which counts if it goes further.
    private init(_ code: Code, _ path: ArgumentPath, _ other: [any CodingKey], _ message: String) {
        let keys = other.count > path.depth ? other : path.keys
        self.init(code, position: keys.first?.intValue, "\(ArgumentPath.describe(keys)): \(message)")
    }

    /// The message.
    public var description: String {
        message
    }

    /// A number of arguments in words.
    static func count(_ count: Int) -> String {
        count == 1 ? "1 argument was" : "\(count) arguments were"
    }

    /// Takes errors that decodable types throw themselves.
    static func wrapping(_ error: any Error, at path: ArgumentPath) -> ArgumentsError {
        switch error {
        case let error as ArgumentsError:
            error
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.keyNotFound(_, let context):
            ArgumentsError(.typeMismatch, path, context.codingPath, context.debugDescription)
        case DecodingError.dataCorrupted(let context):
            ArgumentsError(.invalidValue, path, context.codingPath, context.debugDescription)
        case EncodingError.invalidValue(_, let context):
            ArgumentsError(.notStorable, path, context.codingPath, context.debugDescription)
        default:
            ArgumentsError(.invalidValue, path, "\(error)")
        }
    }
}
