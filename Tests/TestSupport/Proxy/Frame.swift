import NIOCore

/// One whole command or reply on its way through a proxy.
struct Frame {
    var bytes: ByteBuffer
    /// Of a command, its name in capitals; nil for what is no array of bulk strings.
    var command: String?

    /// The words of a command, and none of what is no array of bulk strings.
    var words: [String] {
        var rest = bytes
        /// The number behind a letter, up to the end of the line.
        func number(after letter: Character) -> Int? {
            guard let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
                let line = rest.readString(length: end - rest.readerIndex + 1), line.first == letter
            else { return nil }
            return Int(line.dropFirst().filter(\.isNumber))
        }
        guard let count = number(after: "*") else { return [] }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(after: "$"), let word = rest.readString(length: length) else { break }
            words.append(word)
            rest.moveReaderIndex(forwardBy: min(2, rest.readableBytes))
        }
        return words
    }
}
