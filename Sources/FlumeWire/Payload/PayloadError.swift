/// Says why bytes are not a job, or a job cannot be stored.
///
/// The message names what is wrong, where (byte offset) and what to do about it; it is what an operator sees beside
/// the raw bytes in the dead set.
public struct PayloadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of fault, for decisions and for counting.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case tooLarge, tooDeep, notJSON, notAnObject, missingClass, invalidClass, invalidArguments, invalidValue
        }

        private let kind: Kind

        /// More bytes than ``PayloadLimits/maximumBytes``; nothing was read.
        public static let tooLarge = Code(kind: .tooLarge)
        /// More nesting than ``PayloadLimits/maximumDepth``.
        public static let tooDeep = Code(kind: .tooDeep)
        /// Not JSON by Ruby's judgement.
        public static let notJSON = Code(kind: .notJSON)
        /// JSON, but not an object.
        public static let notAnObject = Code(kind: .notAnObject)
        /// No `class`, or `null`.
        public static let missingClass = Code(kind: .missingClass)
        /// `class` is not a string, or empty.
        public static let invalidClass = Code(kind: .invalidClass)
        /// `args` is not an array.
        public static let invalidArguments = Code(kind: .invalidArguments)
        /// A value given to be stored is not JSON.
        public static let invalidValue = Code(kind: .invalidValue)

        /// The name of the code, such as `notJSON`.
        public var description: String {
            kind.rawValue
        }
    }

    /// The kind of fault.
    public let code: Code
    /// Where in the payload, counted in bytes from 0; nil where no place is at fault.
    public let offset: Int?
    /// What is wrong, where, and what to do.
    public let message: String

    package init(_ code: Code, at offset: Int? = nil, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    init(_ error: JSONSyntaxError) {
        if case .tooDeep = error.reason {
            self.init(
                .tooDeep, at: error.offset,
                "The payload is \(error). Ruby cannot read it either: pass less nested arguments.")
        } else {
            self.init(
                .notJSON, at: error.offset,
                "The payload is not JSON: \(error). Find the producer that wrote it; a job is one JSON object.")
        }
    }

    /// The message.
    public var description: String {
        message
    }
}
