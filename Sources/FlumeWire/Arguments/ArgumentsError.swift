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

        /// What can be said without quoting.
        fileprivate var inWords: String {
            switch kind {
            case .wrongCount: "too many or too few arguments"
            case .typeMismatch: "a value of another kind than expected (not shown)"
            case .outOfRange: "a number that does not fit (not shown)"
            case .invalidValue: "a value that its type refuses (not shown)"
            case .notAnArray: "not an array (not shown)"
            case .notStorable: "a value that cannot be stored (not shown)"
            }
        }
    }

    /// The kind of fault.
    public let code: Code
    /// The position among the arguments, counted from 0; nil where none is at fault.
    public let position: Int?
    /// What is wrong and where.
    public let message: String
    /// The message as it may be logged; see ``withoutValues``.
    private let messageWithoutValues: String

    /// `discreet` is the message without anything that stands in the arguments; nil for what the code says.
    init(_ code: Code, position: Int? = nil, _ message: String, discreet: String? = nil) {
        self.code = code
        self.position = position
        self.message = message
        let place = position.map { "args[\($0)]: " } ?? ""
        messageWithoutValues = discreet ?? (code == .wrongCount ? message : place + code.inWords)
    }

    init(_ code: Code, _ path: ArgumentPath, _ message: String, discreet: String? = nil) {
        let discreet = discreet ?? (code == .wrongCount ? message : code.inWords)
        self.init(code, position: path.position, "\(path): \(message)", discreet: "\(path): \(discreet)")
    }

    private init(_ code: Code, _ position: Int?, _ message: String, _ discreet: String) {
        self.init(code, position: position, message, discreet: discreet)
    }

    /// The same error with a message that quotes nothing of the arguments: for logs, which more people read than Redis.
    ///
    /// It names the place, the expected type and the kind of what was found.
    public var withoutValues: ArgumentsError {
        ArgumentsError(code, position, messageWithoutValues, messageWithoutValues)
    }

    /// The same error with its messages changed alike.
    func mapping(position: Int? = nil, _ change: (String) -> String) -> ArgumentsError {
        ArgumentsError(code, position ?? self.position, change(message), change(messageWithoutValues))
    }

    /// An error of another type names a path of its own, which counts if it goes further.
    private init(_ code: Code, _ path: ArgumentPath, _ other: [any CodingKey], _ message: String) {
        let keys = other.count > path.depth ? other : path.keys
        let place = ArgumentPath.describe(keys)
        self.init(code, keys.first?.intValue, "\(place): \(message)", "\(place): \(code.inWords)")
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
