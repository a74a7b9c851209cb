import Flume
import TestSupport

/// What is no job, or hardly one.
enum PoisonCorpus {
    /// Without a jid, so that nobody can enqueue them by mistake.
    static let payloads: [[UInt8]] =
        [
            "not json", "", "[]", "{}", "null", "5", "\"x\"", "[1,2,3]", #"{"args":[]}"#, #"{"class":null,"args":[]}"#,
            #"{"class":5,"args":[]}"#, #"{"class":"","args":[]}"#, #"{"class":"LabNobody"}"#,
            #"{"class":"LabNobody","args":{}}"#, #"{"class":"LabNobody","args":null}"#,
            #"{"class":"LabNobody","args":"x"}"#,
            #"{"class":"LabNobody","args":[]}{}"#, #"{"class":"LabNobody","args":[]} x"#,
            #"{"class":"LabNobody","args":[]"#,
            #"{"class":"LabNobody","args":[NaN]}"#, #"{"class":"LabNobody","args":[Infinity]}"#,
            #"{"class":"LabNobody","args":[01]}"#, #"{"class":"LabNobody","args":[1.]}"#,
            #"{"class":"LabNobody","args":[.5]}"#,
            #"{"class":"LabNobody","args":["\ud800"]"#, #"{"class":"LabNobody","args":[1e400,9223372036854775808]"#,
            #"{"class":["LabNobody"],"args":[]}"#, "\u{feff}{}", "{\"class\":\"LabNobody\",\"args\":[\"a\nb\"]}",
            #"{"class":"LabNobody","args":[],"retry_count":1e400}"#, #"{"class":"LabNobody","args":[],"retry":"many"}"#,
            #"{"class":"LabNobody","args":[],"queue":5,"jid":7,"created_at":"soon"}"#,
            #"{"class":"LabNobody","args":[1],"class":"LabNobody","args":[2]}"#,
            #"{"class":"Lab\u0000Nobody","args":[]}"#,
            #"{"class":"\ud800","args":[]}"#,
            String(repeating: "[", count: 100_000), #"{"a":"# + String(repeating: #"{"a":"#, count: 5000),
        ].map { Array($0.utf8) } + [
            [0, 1, 2, 255], [0xff, 0xfe, 0x7b], [0xc3, 0x28], Array(repeating: 0, count: 4096),
        ] + arguments.map { Array(#"{"class":"LabNobody","args":[\#($0)]}"#.utf8) }
        // A surrogate and a truncated character as raw bytes, in a string that is closed.
        + [[0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]].map { bytes in
            Array(#"{"class":"LabNobody","args":[""#.utf8) + bytes + Array(#""]}"#.utf8)
        }

    /// Arguments in sound JSON that not every reader can hold: they have to come through as they are.
    static let arguments = [
        "1e400", "-1e400", "1e-400", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "18446744073709551616", "123456789012345678901234567890", "0.1e1", "-0", "1E+2", "1.0000000000000000000001",
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\udc00\ud800""#, #""\ud83d\ude00""#, #""\u0000""#,
        #""\uFFFF""#,
        #"{"a":1,"a":2}"#, #"[[[[[[]]]]]]"#,
    ]

    /// A job that would be read: what one changed byte makes of it is the question.
    static func sound(_ number: Int) -> [UInt8] {
        Array(
            (#"{"class":"LabNobody","args":[1,"a",{"k":[null,true,-1.5e3]}],"retry":false,"created_at":1700000000.25,"#
                + #""tags":["x"],"bid":"b","n":\#(number)}"#).utf8)
    }

    /// Changes a few bytes.
    static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] = likely[Int.random(in: 0..<likely.count, using: &random)]
            case 2: bytes.remove(at: place)
            default: bytes.insert(likely[Int.random(in: 0..<likely.count, using: &random)], at: place)
            }
        }
        return bytes
    }

    private static let likely = Array(#"{}[]",:\-+.eEtfn0123456789 "#.utf8)
}
