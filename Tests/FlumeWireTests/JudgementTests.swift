import FlumeWire
import Foundation
import Testing

@Suite("what counts as JSON")
struct JudgementTests {
    private static let ruby = ["/usr/bin/ruby", "/usr/local/bin/ruby"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// Texts at the edges of the grammar, checked by hand against Ruby 3.1 with json 2.6.1.
    private static let edges = [
        "", " ", "1", "\"x\"", "null", "{\"a\":1,}", "[1,]", "{\"a\":1} x", "{\"a\":1}  ", "\u{FEFF}{}", "NaN", "[NaN]",
        "[Infinity]", "[-Infinity]", "[01]", "[-01]", "[1.]", "[.5]", "[1e5]", "[1E+5]", "[1.5e]", "[-]", "[+1]",
        "[-0]",
        "[00]", "[1.0.0]", "[\"a\tb\"]", "[\"a\nb\"]", "[\"a\0b\"]", "[\"a\u{1F}b\"]", "[\"\u{7F}\"]", "[\"\\u12\"]",
        "[\"\\u12G4\"]", "[\"\\x\"]", "[\"\\a\"]", "[\"\\/\"]", "[\"\\\"]", "/* c */ [1]", "[1 /* c */]", "// c\n[1]",
        "[1] // c", "[1] // c\n", "[1] /* x", "[1]/**/", "{/*a*/\"a\"/*b*/:/*c*/1/*d*/}", "[1]\0", "\u{C}[1]",
        "[1]\u{B}",
        "[\r\n\t 1]", "{'a':1}", "{a:1}", "[1 2]", "[tru]", "[true1]", "[truex]", "[nullnull]", "{\"a\":1,\"a\":2}",
        "[1e400]", "[1e-400]", "[\"\\u0000\"]", "[0x10]", "[1_000]", "[1e+]", "[- 1]", "[1,,2]", "[,1]", "{,}",
        "{\"a\"}",
        "{\"a\":}", "{1:2}", "[1\u{A0}]", "[\"\\", "[", "{", "]", "\"abc", "[0e1]", "-1", "01", "[0.e1]", "[1-2]",
        "[0a]",
        "[1e5.5]", "/", "/*", "//", "//\n", "/**/{}", "/*/ {}", "/***/{}", "{}//", "{} /", "[1/]", "[1//\n]", "[1//]",
        "[/**/]", "{/**/}", "{\"a\":1,/**/}", "[-/**/1]", "1//\n", "[1]//a\r", "{\"a\"//\n:1}", "2.", "-", "tru",
        "[\"\\\n\"]",
        "{\"a\":1 \"b\":2}", "{\"a\":1,\"b\"}", "[1}", "{\"a\":1]", "[[]", "[]]", "{}{}", "[\"\\ud83d\\ude00\"]",
        "\"\\udc00\"",
    ]

    private func accepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONValue(parsing: bytes)) != nil
    }

    @Test("agrees with Ruby on every edge of the grammar and on random damage", .enabled(if: ruby != nil, "needs Ruby"))
    func agreesWithRuby() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomJSON(seed: seed)
        var texts = Self.edges.map { Array($0.utf8) }
        texts.append(Array("[\"".utf8) + [0xFF] + Array("\"]".utf8))
        for levels in [100, 101] {
            texts.append(Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8))
        }
        for _ in 0..<3000 {
            var bytes = Array(random.value().utf8)
            for _ in 0..<random.number(0..<3) where !bytes.isEmpty { damage(&bytes, &random) }
            texts.append(bytes)
        }
        let verdicts = try judgeByRuby(texts)
        #expect(verdicts.count == texts.count)
        for (text, verdict) in zip(texts, verdicts) {
            // json 2.6 refuses a lone high surrogate, later ones take it, and so does this.
            let escape = String(decoding: text, as: UTF8.self).lowercased()
            if !verdict, ["\\ud8", "\\ud9", "\\uda", "\\udb"].contains(where: escape.contains) { continue }
            #expect(
                accepts(text) == verdict,
                "seed \(seed): Ruby \(verdict ? "accepts" : "refuses") \(String(decoding: text, as: UTF8.self).debugDescription)"
            )
        }
    }

    @Test("a lone surrogate is read as U+FFFD", arguments: ["\\ud800", "\\udc00", "\\ud800x", "\\ud800\\u0041"])
    func loneSurrogate(escape: String) throws {
        let value = try JSONValue(parsing: Array("\"\(escape)\"".utf8))
        #expect(value.string?.first == "\u{FFFD}")
    }

    @Test("an escape before any other character means that character, as in Ruby")
    func oddEscape() throws {
        #expect(try JSONValue(parsing: Array(#""\x\a\é\/\"\\\b""#.utf8)) == "xaé/\"\\\u{8}")
    }

    @Test("of duplicate keys the last wins")
    func duplicates() throws {
        let value = try JSONValue(parsing: Array(#"{"a":1,"b":2,"\u0061":3}"#.utf8))
        #expect(value == ["a": 3, "b": 2])
        #expect(value.object?.members.map(\.key) == ["a", "b"])
    }

    private func damage(_ bytes: inout [UInt8], _ random: inout RandomJSON) {
        let place = random.number(0..<bytes.count)
        switch random.number(0..<4) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(random.pick(Array(#"[]{},:"\/0-.eE+ tnf*"#.utf8)), at: place)
        case 2: bytes[place] = UInt8(truncatingIfNeeded: random.number(0..<256))
        default: bytes.removeLast(bytes.count - place)
        }
    }

    private func judgeByRuby(_ texts: [[UInt8]]) throws -> [Bool] {
        let folder = FileManager.default.temporaryDirectory
        let input = folder.appendingPathComponent("flume-judgement-\(UInt64.random(in: 0...UInt64.max))")
        try Data(texts.map { Data($0).base64EncodedString() + "\n" }.joined().utf8).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.ruby))
        process.arguments = [
            "-rjson", "-e",
            """
            File.foreach(ARGV[0]) { |l| s = l.unpack1("m").force_encoding("UTF-8")
              puts((begin JSON.parse(s); 1; rescue JSON::ParserError; 0; end)) }
            """, input.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return answer.split(separator: UInt8(ascii: "\n")).map { $0.first == UInt8(ascii: "1") }
    }
}
