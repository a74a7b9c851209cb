extension JSONScanner {
    /// Finds the end of a value in text that has been checked before; depth does not matter.
    ///
    /// On text that was not checked the result is meaningless but inside the text.
    static func endOfValue(_ text: Span<UInt8>, from start: Int) -> Int {
        guard start < text.count else { return text.count }
        switch text[start] {
        case UInt8(ascii: "\""): return endOfString(text, from: start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfContainer(text, from: start)
        default: return endOfScalar(text, from: start)
        }
    }

    static func endOfString(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = nextSpecial(text, from: start + 1)
        while index < text.count, text[index] != UInt8(ascii: "\"") {
            let step = text[index] == UInt8(ascii: "\\") ? 2 : 1
            index = nextSpecial(text, from: min(index + step, text.count))
        }
        return min(index + 1, text.count)
    }

    private static func endOfContainer(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        var depth = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""):
                index = endOfString(text, from: index)
                continue
            case UInt8(ascii: "/"):
                let next = blankEnd(text, from: index)
                index = max(next, index + 1)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return index + 1 }
            default:
                break
            }
            index += 1
        }
        return index
    }

    private static func endOfScalar(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start
        scalar: while index < text.count {
            switch text[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
                index += 1
            default:
                break scalar
            }
        }
        return max(index, min(start + 1, text.count))
    }

    /// The position after blanks and comments, in checked text.
    static func blankEnd(_ text: Span<UInt8>, from start: Int) -> Int {
        (try? skipBlank(text, from: start)) ?? text.count
    }

    /// Calls `body` with each element of a checked array; `start` is at its bracket.
    static func forEachElement(_ text: Span<UInt8>, from start: Int, _ body: (Range<Int>) -> Void) {
        var index = blankEnd(text, from: start + 1)
        while index < text.count, text[index] != UInt8(ascii: "]") {
            let end = endOfValue(text, from: index)
            body(index..<end)
            index = blankEnd(text, from: end)
            if index < text.count, text[index] == UInt8(ascii: ",") { index = blankEnd(text, from: index + 1) }
        }
    }

    /// Calls `body` with the key (quotes included) and value of each member of a checked object, in order.
    static func forEachMember(_ text: Span<UInt8>, from start: Int, _ body: (Range<Int>, Range<Int>) -> Void) {
        forEachMember(text, at: blankEnd(text, from: start + 1), body)
    }

    /// Calls `body` with what ``forEachMember(_:from:_:)`` does, from the member behind the value that ends at `end` on.
    static func forEachMember(_ text: Span<UInt8>, after end: Int, _ body: (Range<Int>, Range<Int>) -> Void) {
        let index = blankEnd(text, from: end)
        guard index < text.count, text[index] == UInt8(ascii: ",") else { return }
        forEachMember(text, at: blankEnd(text, from: index + 1), body)
    }

    private static func forEachMember(_ text: Span<UInt8>, at start: Int, _ body: (Range<Int>, Range<Int>) -> Void) {
        var index = start
        while index < text.count, text[index] == UInt8(ascii: "\"") {
            let key = index..<endOfString(text, from: index)
            index = blankEnd(text, from: key.upperBound)
            if index < text.count, text[index] == UInt8(ascii: ":") { index = blankEnd(text, from: index + 1) }
            let value = index..<endOfValue(text, from: index)
            body(key, value)
            index = blankEnd(text, from: value.upperBound)
            if index < text.count, text[index] == UInt8(ascii: ",") { index = blankEnd(text, from: index + 1) }
        }
    }
}
