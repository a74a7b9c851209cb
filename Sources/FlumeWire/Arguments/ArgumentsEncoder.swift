/// Writes the positional arguments of a job as a JSON array.
///
/// A `Codable` struct is the parameter list: its values are written in the order its `encode(to:)` visits them, which for
/// a synthesized conformance is the order of declaration; nil is `null` in its place. Reordering properties therefore
/// changes the wire. Only what Ruby reads as the same value is written: NaN, infinities and `Date` are refused, `URL`
/// becomes its text, `Decimal` a number, `Data` base64 text. Objects inside leave nil members out.
public struct ArgumentsEncoder: Sendable {
    /// Makes an encoder; it has no settings.
    public init() {}

    /// The JSON array of a job's arguments.
    ///
    /// A type that encodes as a list, such as `[Int]`, is all of the arguments; a type that encodes as one value is the
    /// only one.
    ///
    /// - Throws: Which argument cannot be stored, and why.
    public func encode(_ job: some Encodable) throws(ArgumentsError) -> [UInt8] {
        if let value = job as? JSONValue {
            return value.array == nil ? JSONValue.array([value]).json : value.json
        }
        let fragment = JSONFragment()
        do {
            try job.encode(to: FragmentEncoder(fragment: fragment, path: ArgumentPath(), isPositional: true))
            return try fragment.finished(emptyText: "[]", ArgumentPath(), isPositional: true)
        } catch {
            throw ArgumentsError.wrapping(error, at: ArgumentPath())
        }
    }

    /// The JSON of one argument.
    ///
    /// - Throws: Why it cannot be stored.
    public func encode(_ value: some Encodable, position: Int) throws(ArgumentsError) -> [UInt8] {
        let path = ArgumentPath(position: position)
        do {
            var bytes: [UInt8] = []
            try JSONFragment.append(value, to: &bytes, path)
            return bytes
        } catch {
            throw ArgumentsError.wrapping(error, at: path)
        }
    }
}
