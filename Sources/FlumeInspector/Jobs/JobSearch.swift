/// What is known of the bytes of a job before it is read.
enum JobSearch {
    /// A text that a job with this jid surely contains, whoever wrote it; empty when a producer may have escaped it.
    static func text(ofJID jid: String) -> String {
        let isPlain = jid.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain ? jid : ""
    }
}
