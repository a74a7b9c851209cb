/// A file that Sidekiq would run through ERB before it reads it as YAML.
///
/// Only expressions are understood, not Ruby: `<%= … %>` with what ``RubyExpression`` knows, comments, and `<%%`.
struct ERBTemplate {
    /// The text with its expressions evaluated.
    private(set) var text = ""
    /// The line of the file for each line of the text: an expression may span lines, and a value may bring some.
    private var lines = [1]

    init(
        _ template: String, named name: String, variables: [String: String]
    ) throws(ConfigurationError) {
        var problems = Problems()
        var line = 1
        var rest = template[...]
        while let open = rest.firstRange(of: "<%") {
            append(rest[..<open.lowerBound], from: &line)
            rest = rest[open.upperBound...]
            if rest.first == "%" {
                append("<%", from: &line)
                rest = rest.dropFirst()
                continue
            }
            let place = Source(origin: name, line: line, key: "", content: .nothing)
            guard let close = rest.firstRange(of: "%>") else { throw place.problem("a <% is not closed by %>") }
            let tag = rest[..<close.lowerBound]
            rest = rest[close.upperBound...]
            do {
                let value = try Self.value(of: tag, at: place, variables: variables)
                var valueLine = line
                append(value[...], from: &valueLine, isOneLine: true)
            } catch {
                problems.add(error)
            }
            line += tag.count { $0.isNewline }
        }
        append(rest, from: &line)
        try problems.check()
    }

    /// The line of the file that a line of the text came from.
    func line(of textLine: Int) -> Int {
        lines[min(max(textLine, 1), lines.count) - 1]
    }

    private mutating func append(_ part: Substring, from line: inout Int, isOneLine: Bool = false) {
        text += part
        for character in part where character.isNewline {
            if !isOneLine { line += 1 }
            lines.append(line)
        }
    }

    private static func value(
        of tag: Substring, at place: Source, variables: [String: String]
    ) throws(ConfigurationError) -> String {
        var code = tag
        if code.last == "-" { code = code.dropLast() }
        if code.first == "#" { return "" }
        guard code.first == "=" else {
            if code.trimmed.isEmpty { return "" }
            throw place.problem("<%\(tag)%> is Ruby code; \(advice)")
        }
        do {
            return try RubyExpression.value(of: code.dropFirst(), variables: variables).shown
        } catch {
            throw place.problem("<%\(tag)%>: \(error.message); \(advice)")
        }
    }

    private static let advice =
        "of Ruby only ENV[\"X\"], ENV.fetch(\"X\", 5), ENV.fetch(\"X\") { 5 }, ||, Integer(…) and .to_i are understood: "
        + "put the rest into a variable, or write the value"
}
