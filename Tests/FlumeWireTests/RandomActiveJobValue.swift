import FlumeWire
import TestSupport

/// Makes values of all kinds that can be an argument of ActiveJob.
struct RandomActiveJobValue {
    private var generator: SeededGenerator
    private var depth = 0

    init(_ generator: SeededGenerator) {
        self.generator = generator
    }

    mutating func next() -> ActiveJobValue {
        depth += 1
        defer { depth -= 1 }
        switch Int.random(in: 0..<(depth > 4 ? 11 : 15), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .int(Int.random(in: .min ... .max, using: &generator))
        case 3: return JSONNumber(Double.random(in: -1e20...1e20, using: &generator)).map { .number($0) } ?? .null
        case 4: return .string(text())
        case 5: return .symbol(RubySymbol(text()))
        case 6: return .time(time())
        case 7: return RubyDate(iso8601: String(time().description.prefix { $0 != "T" })).map { .date($0) } ?? .null
        case 8:
            return BigDecimal("\(Int.random(in: -999...999, using: &generator)).\(number())e\(number())").map {
                .decimal($0)
            } ?? .null
        case 9: return .globalID(GlobalID(app: "app", model: "Deep::Model", id: text() + "x"))
        case 10: return .module(RubyModule(text()))
        case 11: return .duration(RubyDuration(.milliseconds(number())))
        case 12:
            let (begin, end) = (next(), next())
            let range = RubyRange<ActiveJobValue>(
                begin: begin.isNull ? ActiveJobValue?.none : begin, end: end.isNull ? ActiveJobValue?.none : end,
                excludesEnd: .random(using: &generator))
            return .range(range)
        case 13: return .array((0..<number() % 4).map { _ in next() })
        default: return .hash(hash())
        }
    }

    private mutating func number() -> Int {
        Int.random(in: 0..<100_000, using: &generator)
    }

    private mutating func text() -> String {
        String(
            (0..<number() % 5).map { _ in
                ["a", "ü", "😀", "\"", " ", "/", "%", "+", "\u{1}"].randomElement(using: &generator) ?? "b"
            })
    }

    private mutating func time() -> RubyTime {
        let kinds: [RubyTime.Kind] = [.time, .timeWithZone(nil), .timeWithZone("Europe/Berlin")]
        return RubyTime(
            secondsSinceEpoch: Int.random(in: -70_000_000_000...260_000_000_000, using: &generator),
            nanosecond: Int.random(in: 0..<1_000_000_000, using: &generator),
            offset: [nil, 0, 3600, -34_200].randomElement(using: &generator) ?? nil,
            kind: kinds.randomElement(using: &generator) ?? .time)
    }

    private mutating func hash() -> ActiveJobHash {
        let kind: ActiveJobHash.Kind = [.plain, .keywords, .indifferent].randomElement(using: &generator) ?? .plain
        return ActiveJobHash(
            (0..<number() % 4).map { _ in
                let isSymbol = kind != .indifferent && Bool.random(using: &generator)
                return ActiveJobHash.Member(key: text(), value: next(), isSymbol: isSymbol)
            }, kind: kind)
    }
}
