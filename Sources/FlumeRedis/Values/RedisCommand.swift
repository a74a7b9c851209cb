import NIOCore

/// A command with its arguments, encoded as it is built.
///
/// The arguments become bytes at once and are copied once more, into the socket's buffer. Nothing is quoted: any byte
/// may be in any argument.
public struct RedisCommand: Sendable {
    /// The deadline, counted from the call of `send`; nil for the client's `commandTimeout`.
    ///
    /// A blocking command wants its own timeout and a margin. Such a command does not hold up
    /// ``RedisClient/close()``.
    public var timeout: Duration?

    /// The script the command runs: its digest (or source) is written by the connection, not kept in `body`.
    let script: RedisScript?
    private(set) var argumentCount = 0
    private(set) var body: [UInt8] = []

    /// Creates a command of texts.
    ///
    /// - Parameters:
    ///   - name: The name of the command; a subcommand is an argument of its own.
    ///   - arguments: Its arguments; more can be appended.
    public init(_ name: String, _ arguments: String...) {
        script = nil
        append(name)
        for argument in arguments { append(argument) }
    }

    /// Creates the call of a script.
    ///
    /// - Parameters:
    ///   - script: What to run.
    ///   - keys: Its KEYS; its ARGV are appended.
    package init(_ script: RedisScript, keys: [String]) {
        self.script = script
        append(keys.count)
        for key in keys { append(key) }
    }

    /// Makes room, so that a long command is not copied while it grows.
    ///
    /// - Parameter count: The expected number of bytes of all arguments together.
    public mutating func reserveCapacity(_ count: Int) {
        body.reserveCapacity(count)
    }

    /// Appends a text as UTF-8.
    ///
    /// - Parameter argument: The text.
    public mutating func append(_ argument: String) {
        var argument = argument
        // `unsafe`: the buffer does not leave the closure.
        argument.withUTF8 { utf8 in
            appendHeader(utf8.count)
            unsafe body.append(contentsOf: utf8)
        }
        appendLineEnd()
    }

    /// Appends bytes.
    ///
    /// - Parameter argument: The bytes.
    public mutating func append(_ argument: [UInt8]) {
        appendHeader(argument.count)
        body.append(contentsOf: argument)
        appendLineEnd()
    }

    /// Appends a part of an array of bytes.
    ///
    /// - Parameter argument: The bytes.
    public mutating func append(_ argument: ArraySlice<UInt8>) {
        appendHeader(argument.count)
        body.append(contentsOf: argument)
        appendLineEnd()
    }

    /// Appends an argument of so many bytes, which the closure appends to the end.
    ///
    /// - Parameters:
    ///   - byteCount: How many bytes the closure appends; another number would break the connection.
    ///   - write: Appends them.
    package mutating func append(byteCount: Int, _ write: (inout [UInt8]) -> Void) {
        appendHeader(byteCount)
        write(&body)
        appendLineEnd()
    }

    /// Appends a decimal number.
    ///
    /// - Parameter argument: The number.
    public mutating func append(_ argument: Int) {
        if 0 <= argument, argument < 10 {
            appendHeader(1)
            body.append(48 + UInt8(truncatingIfNeeded: argument))
            appendLineEnd()
        } else {
            append(String(argument))
        }
    }

    /// Appends the shortest decimal number that reads back as the same value.
    ///
    /// - Parameter argument: The number; infinities are written `inf` and `-inf`, as Redis reads them.
    public mutating func append(_ argument: Double) {
        append(argument.description)
    }

    private mutating func appendHeader(_ count: Int) {
        argumentCount += 1
        body.append(UInt8(ascii: "$"))
        if count < 10 {
            body.append(48 + UInt8(truncatingIfNeeded: count))
        } else {
            body.append(contentsOf: String(count).utf8)
        }
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        body.append(13)
        body.append(10)
    }

    /// Writes the command as RESP.
    ///
    /// - Parameters:
    ///   - buffer: Where to.
    ///   - inFull: Whether a script goes as its source even when its digest is known.
    func write(to buffer: inout ByteBuffer, inFull: Bool = false) {
        guard let script else {
            buffer.writeString("*\(argumentCount)\r\n")
            buffer.writeBytes(body)
            return
        }
        buffer.writeString("*\(argumentCount + 2)\r\n")
        if !inFull, let digest = script.digest {
            buffer.writeStaticString("$7\r\nEVALSHA\r\n$40\r\n")
            buffer.writeBytes(digest)
        } else {
            buffer.writeString("$4\r\nEVAL\r\n$\(script.source.count)\r\n")
            buffer.writeBytes(script.source)
        }
        buffer.writeStaticString("\r\n")
        buffer.writeBytes(body)
    }
}

extension RedisCommand: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The name of the command and the number of its arguments; what they are may be secret.
    public var description: String {
        let name = script?.name ?? firstArgument
        return "\(name) and \(argumentCount - (script == nil ? 1 : 0)) arguments"
    }

    /// The same as ``description``: a password or a job is not shown by accident.
    public var debugDescription: String { description }

    /// Shows no argument when the value is dumped.
    public var customMirror: Mirror { Mirror(self, children: ["command": description]) }

    /// The name: what stands between the first two line ends.
    private var firstArgument: String {
        let rest = body.drop { $0 != 10 }.dropFirst()
        return String(decoding: rest.prefix { $0 != 13 }, as: UTF8.self)
    }
}
