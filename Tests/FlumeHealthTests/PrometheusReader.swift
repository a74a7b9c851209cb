import TestSupport

/// A strict reader of Prometheus's text format: what it does not know is an error.
struct PrometheusReader {
    /// A name and its labels.
    struct Key: Hashable {
        var name: String
        var labels: [String: String]
    }

    private var values: [Key: Double] = [:]

    subscript(name: String, labels: [String: String]) -> Double? { values[Key(name: name, labels: labels)] }

    /// Reads a whole answer.
    static func samples(in text: String) throws -> PrometheusReader {
        guard text.utf8.last == UInt8(ascii: "\n") else { throw TestSupportError("the last line has no end") }
        var reader = PrometheusReader()
        var families: Set<String> = []
        var family = ""
        var kind = ""
        var help = ""
        // By bytes: CR LF is one Character.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")).map({ String(decoding: $0, as: UTF8.self) }) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4 else { throw TestSupportError("no help: \(line)") }
                help = words[2]
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, words[2] == help, ["counter", "gauge", "histogram"].contains(words[3]) else {
                    throw TestSupportError("no type: \(line)")
                }
                (family, kind) = (words[2], words[3])
                guard families.insert(family).inserted else { throw TestSupportError("\(family) is there twice") }
                guard kind != "counter" || family.hasSuffix("_total") else { throw TestSupportError(line) }
            } else {
                let (key, value) = try sample(line)
                let names = kind == "histogram" ? ["_bucket", "_sum", "_count"].map { family + $0 } : [family]
                guard names.contains(key.name) else { throw TestSupportError("not of \(family): \(line)") }
                guard kind != "counter" || value >= 0 else { throw TestSupportError("negative: \(line)") }
                guard reader.values.updateValue(value, forKey: key) == nil else {
                    throw TestSupportError("there twice: \(line)")
                }
            }
        }
        return reader
    }

    private static func sample(_ line: String) throws -> (Key, Double) {
        var rest = Substring(line).unicodeScalars
        let name = String(rest.prefix { $0 != "{" && $0 != " " })
        guard name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else { throw TestSupportError("no name: \(line)") }
        rest = rest.dropFirst(name.unicodeScalars.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = String(rest.prefix { $0 != "=" })
                guard label.wholeMatch(of: /[a-zA-Z_][a-zA-Z0-9_]*/) != nil else { throw TestSupportError(line) }
                rest = rest.dropFirst(label.unicodeScalars.count + 1)
                guard rest.popFirst() == "\"" else { throw TestSupportError("no quotation mark: \(line)") }
                var value = String.UnicodeScalarView()
                while let scalar = rest.popFirst(), scalar != "\"" {
                    guard scalar == "\\" else {
                        value.append(scalar)
                        continue
                    }
                    switch rest.popFirst() {
                    case "n": value.append("\n")
                    case "\\": value.append("\\")
                    case "\"": value.append("\"")
                    default: throw TestSupportError("no such escape: \(line)")
                    }
                }
                guard labels.updateValue(String(value), forKey: label) == nil else { throw TestSupportError(line) }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw TestSupportError("no end of labels: \(line)") }
        }
        guard rest.popFirst() == " " else { throw TestSupportError("no value: \(line)") }
        let text = String(rest)
        let named: [String: Double] = ["+Inf": .infinity, "-Inf": -.infinity, "NaN": .nan]
        guard let value = named[text] ?? Double(text) else { throw TestSupportError("no number: \(line)") }
        return (Key(name: name, labels: labels), value)
    }
}
