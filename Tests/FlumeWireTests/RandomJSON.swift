import TestSupport

/// Makes random JSON text with everything a careless producer could write.
struct RandomJSON {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func pick<T>(_ choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &generator)]
    }

    mutating func number(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    mutating func blank() -> String {
        guard number(0..<4) == 0 else { return "" }
        return pick([" ", "\n", "\t ", "\r\n", "/* c ] } \" */", "// x {\"\n", "/***/ "])
    }

    mutating func string() -> String {
        let parts = [
            "a", "retry", "é", "日本", "😀", "\\n", "\\\"", "\\\\", "\\/", "\\u0041", "\\ud83d\\ude00", "\\u0000", "\\x",
            "]",
            "}", "{", "[", ",", ":", " ", "/*", "\u{7F}", "\u{2028}", "0123456789abcdef",
        ]
        return "\"" + (0..<number(0..<6)).map { _ in pick(parts) }.joined() + "\""
    }

    mutating func value(depth: Int = 0) -> String {
        switch number(0..<(depth > 4 ? 5 : 8)) {
        case 0: return "null"
        case 1: return pick(["true", "false"])
        case 2:
            return pick([
                "0", "-0", "1", "-17", "3.0", "1.0e+20", "-0.0", "123456789012345678901234567890", "1E5", "2e-3",
            ])
        case 3, 4: return string()
        case 5, 6: return "[" + blank() + list(depth) { $0.value(depth: depth + 1) } + "]"
        default: return object(depth: depth)
        }
    }

    mutating func object(depth: Int = 0) -> String {
        "{" + blank() + list(depth) { $0.string() + $0.blank() + ":" + $0.blank() + $0.value(depth: depth + 1) } + "}"
    }

    private mutating func list(_ depth: Int, _ item: (inout RandomJSON) -> String) -> String {
        var text = ""
        let count = number(0..<5)
        for index in 0..<count {
            text += item(&self) + blank()
            if index < count - 1 { text += "," + blank() }
        }
        return text
    }

    /// An object that is a payload: it has a class, and often known fields, some of them twice or with escapes.
    mutating func payload() -> String {
        var members = ["\"class\"\(blank()):\(blank())\"Job\""]
        let keys = [
            "jid", "args", "queue", "retry", "retry_count", "created_at", "enqueued_at", "failed_at", "tags", "dead",
            "\\u006aid", "custom", "x-1", "", "é", "backtrace", "retry_queue", "wrapped", "error_message",
        ]
        for _ in 0..<number(0..<12) {
            members.append("\"\(pick(keys))\"\(blank()):\(blank())\(value())")
        }
        members.shuffle(using: &generator)
        return blank() + "{" + blank() + members.map { $0 + blank() }.joined(separator: "," + blank()) + "}" + blank()
    }
}
