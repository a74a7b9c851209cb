import NIOCore

/// Cuts a stream of RESP2 into whole commands or replies, which have the same form.
///
/// It knows lengths and nothing else, and shares no line with the parser under test. What is no RESP is one frame as it came.
struct FrameSplitter {
    private var buffer = ByteBuffer()
    /// How far the first frame has been read, from the buffer's reader index.
    private var scanned = 0
    /// How many values the first frame still wants.
    private var wanted = 1

    /// Adds bytes as they come.
    mutating func append(_ bytes: ByteBuffer) { buffer.writeImmutableBuffer(bytes) }

    /// The next whole frame; nil while it is not there.
    mutating func next() -> Frame? {
        while wanted > 0 {
            let view = buffer.readableBytesView.dropFirst(scanned)
            guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else { return isPlain ? take(view.count) : nil }
            let line = view[..<end]
            var length = view.distance(from: view.startIndex, to: end) + 1
            let number = Int(String(decoding: line.dropFirst(), as: UTF8.self).filter { $0 != "\r" }) ?? -1
            switch line.first {
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"): break
            case UInt8(ascii: "$"):
                if number >= 0 { length += number + 2 }
                guard view.count >= length else { return nil }
            case UInt8(ascii: "*"): wanted += max(0, number)
            default: return take(view.count)
            }
            scanned += length
            wanted -= 1
        }
        return take(0)
    }

    /// What came behind the last whole frame, when there will be no more.
    mutating func rest() -> Frame? {
        guard buffer.readableBytes > 0 else { return nil }
        return take(buffer.readableBytes - scanned)
    }

    /// Whether what is there cannot be the beginning of RESP.
    private var isPlain: Bool {
        guard let first = buffer.readableBytesView.dropFirst(scanned).first else { return false }
        return !"+-:$*".utf8.contains(first)
    }

    private mutating func take(_ more: Int) -> Frame? {
        guard let bytes = buffer.readSlice(length: scanned + more) else { return nil }
        buffer.discardReadBytes()
        scanned = 0
        wanted = 1
        return Frame(bytes: bytes, command: Self.command(in: bytes))
    }

    /// `*2\r\n$4\r\nPING…`: the fifth line or so is not looked at.
    private static func command(in bytes: ByteBuffer) -> String? {
        let lines = bytes.readableBytesView.prefix(256).split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
        guard lines.count > 3, lines[0].first == UInt8(ascii: "*"), lines[1].first == UInt8(ascii: "$") else {
            return nil
        }
        return String(decoding: lines[2].dropLast(), as: UTF8.self).uppercased()
    }
}
