/// The arguments of an ActiveJob job.
///
/// A `Codable` struct is the parameter list of Ruby's `perform`: its properties take the positional arguments in the order
/// they are declared, and properties marked ``Keyword`` the keyword arguments by name. Inside, a struct is a Hash whose keys
/// are Symbols, a `[String: Value]` one whose keys are Strings; both read either.
public struct ActiveJobArguments: Sendable {
    /// Them all, in order; keyword arguments are the last.
    public let values: [ActiveJobValue]
    private let coding: ActiveJobCoding

    /// Reads the `arguments` of a job.
    ///
    /// - Throws: Where they are none that ActiveJob writes, what was expected there and what was found.
    public init(json elements: [JSONValue], coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) {
        do throws(ArgumentsError) {
            values = try ActiveJobValue.values(of: elements, coding, ArgumentPath())
        } catch {
            throw error.forActiveJob
        }
        self.coding = coding
    }

    /// Takes values as they are.
    public init(_ values: [ActiveJobValue], coding: ActiveJobCoding = ActiveJobCoding()) {
        self.values = values
        self.coding = coding
    }

    /// Writes the arguments of a job, normally a struct that is the parameter list.
    ///
    /// A type that encodes as a list, such as `[Int]`, is all of the arguments.
    ///
    /// - Throws: Which argument has no form among ActiveJob's, and why.
    public init(encoding job: some Encodable, coding: ActiveJobCoding = ActiveJobCoding()) throws(ArgumentsError) {
        let call = ActiveJobCall(coding: coding)
        do {
            try job.encode(to: call)
            values = try call.finished()
        } catch {
            throw ArgumentsError.wrapping(error, at: ArgumentPath()).forActiveJob
        }
        self.coding = coding
    }

    /// The arguments as ActiveJob writes them.
    ///
    /// - Throws: Which argument the Rails that is to read them has no form for.
    public func json() throws(ArgumentsError) -> [JSONValue] {
        do throws(ArgumentsError) {
            return try ActiveJobValue.array(values).json(coding, ArgumentPath()).array ?? []
        } catch {
            throw error.forActiveJob
        }
    }

    /// The keyword arguments, nil if there are none.
    public var keywords: ActiveJobHash? {
        guard let hash = values.last?.hash, hash.kind == .keywords else { return nil }
        return hash
    }

    /// Reads all arguments as one value, normally a struct that is the parameter list.
    ///
    /// A Hash of Symbols at the end counts as keyword arguments for a type that has such, as it does in Ruby 2; keyword
    /// arguments count as a Hash at the end for one that has none.
    ///
    /// - Throws: Which argument does not fit, what was expected and what was found; also when there are too many.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(ArgumentsError) -> T {
        do {
            if let hash = values.last?.hash, hash.mayBeKeywords {
                let parameters = ActiveJobParameters(positional: values.dropLast(), keywords: hash, coding: coding)
                let result = Result { try decode(type, parameters) }
                if parameters.progress.asksKeywords { return try result.get() }
            }
            return try decode(type, ActiveJobParameters(positional: values, keywords: nil, coding: coding))
        } catch {
            throw ArgumentsError.wrapping(error, at: ArgumentPath()).forActiveJob
        }
    }

    private func decode<T: Decodable>(_ type: T.Type, _ parameters: ActiveJobParameters) throws -> T {
        if type == [ActiveJobValue].self, let whole = values as? T {
            parameters.progress.isWhole = true
            return whole
        }
        let value = try T(from: parameters)
        try parameters.checkEverythingTaken()
        return value
    }

    /// Reads the argument at a position; nil for an optional type if there are fewer.
    ///
    /// - Throws: When it does not fit, or is missing.
    public func decode<T: Decodable>(_ type: T.Type = T.self, position: Int) throws(ArgumentsError) -> T {
        let path = ArgumentPath(position: position)
        do {
            guard values.indices.contains(position) else {
                if let missing = MissingArgument.value(type) { return missing }
                throw ArgumentsError(
                    .wrongCount, path, "missing; \(ArgumentsError.count(values.count)) given, expected \(type) here")
            }
            return try ActiveJobDecoder(value: values[position], path: path, coding: coding).decode(type)
        } catch {
            throw ArgumentsError.wrapping(error, at: path).forActiveJob
        }
    }

    /// Checks that no arguments are left over, for handlers that take them one by one.
    ///
    /// - Throws: When there are more than `taken`.
    public func checkCount(taken: Int) throws(ArgumentsError) {
        guard values.count <= taken else {
            throw ArgumentsError(
                .wrongCount, position: taken,
                "arguments: \(ArgumentsError.count(values.count)) given, expected \(taken)")
        }
    }
}
