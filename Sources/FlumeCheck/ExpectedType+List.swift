import FlumeWire

extension ExpectedType {
    /// The types of all arguments of a job.
    struct List: Sendable, Hashable {
        /// A keyword argument.
        struct Keyword: Sendable, Hashable {
            var name: String
            var type: ExpectedType
        }

        var types: [ExpectedType] = []
        var keywords: [Keyword] = []

        /// Throws if one of these is not of its type, or one is missing.
        func check(_ values: [JSONValue], _ path: String) throws {
            for (position, type) in types.enumerated() {
                guard position < values.count || type.isOptional else {
                    throw ExpectationError(text: "\(path)[\(position)]", problem: "missing; expected \(type)")
                }
                try type.check(position < values.count ? values[position] : .null, "\(path)[\(position)]")
            }
        }

        /// Throws if a keyword argument is not of its type, missing, or not expected.
        func check(_ found: JSONObject) throws {
            for keyword in keywords {
                guard let value = found[keyword.name] else {
                    if keyword.type.isOptional { continue }
                    throw ExpectationError(
                        text: "arguments.\(keyword.name)", problem: "missing; expected \(keyword.type)")
                }
                try keyword.type.check(value, "arguments.\(keyword.name)")
            }
            let names = keywords.map(\.name)
            for member in found.members where !member.key.hasPrefix("_aj_") && !names.contains(member.key) {
                throw ExpectationError(
                    text: "arguments.\(member.key)",
                    problem: "this keyword argument is not expected; there are \(names.joined(separator: ", "))")
            }
        }
    }
}
