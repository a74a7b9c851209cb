import CHiredis
import NIOCore

/// hiredis's reader with object functions that build ``RedisReply`` values.
///
/// The only file that knows hiredis. The announced length of an array is cut to 32 bits by hiredis 0.14
/// before its object functions see it; ``ReplyBuilder`` notices, because the elements that follow have no open array.
///
/// Not Sendable: it belongs to the event loop of its connection. `@safe`: the reader is private, made in `init`
/// and freed in `deinit`.
@safe final class ReplyParser {
    private let reader: UnsafeMutablePointer<redisReader>
    private let builder: ReplyBuilder
    /// Bytes fed since the last complete reply; a reply larger than the limit is an error.
    private var pending = 0
    private let limit: Int

    /// Redis itself sends no string longer than half of this (`proto-max-bulk-len`), and a fetch brings one such at most.
    static let defaultLimit = 1 << 30
    /// A status, an error or a length is a line: hiredis looks through all of an unfinished one at each piece of it.
    private static let longestLine = 64 << 10
    /// hiredis moves what it has not parsed yet to the front after each reply: little at a time keeps that cheap.
    private static let feedSize = 16 << 10
    /// A reader's empty buffer is given back when it is larger than this.
    private static let keptBuffer = 1 << 20

    init(
        limit: Int = ReplyParser.defaultLimit, mostElements: Int = ReplyBuilder.mostElements
    ) throws(RedisError) {
        guard let reader = unsafe redisReaderCreateWithFunctions(objectFunctions) else {
            throw RedisError(.protocolViolation, "hiredis has no memory for a reader")
        }
        unsafe self.reader = unsafe reader
        self.limit = limit
        builder = ReplyBuilder(mostElements: mostElements)
        unsafe reader.pointee.maxbuf = Self.keptBuffer
        // Unretained: the reader dies with this object, and so before the builder.
        unsafe reader.pointee.privdata = unsafe Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
    }

    /// Parses bytes and hands over each reply that is complete.
    ///
    /// - Parameters:
    ///   - buffer: What arrived; all of it is read.
    ///   - body: Called for each reply in order; returns whether to go on.
    /// - Throws: ``RedisError`` `.protocolViolation`; the parser is of no use any more then.
    func parse(_ buffer: ByteBuffer, _ body: (RedisReply) -> Bool) throws(RedisError) {
        var start = buffer.readerIndex
        while start < buffer.writerIndex {
            let count = min(Self.feedSize, buffer.writerIndex - start)
            // `unsafe`: the pointer does not leave the closure, hiredis copies the bytes.
            let fed = unsafe buffer.withUnsafeReadableBytes { bytes in
                unsafe redisReaderFeed(
                    reader, bytes.baseAddress?.advanced(by: start - buffer.readerIndex), count)
            }
            guard fed == REDIS_OK else { throw violation() }
            start += count
            pending += count
            while let reply = try next() {
                pending = unsafe reader.pointee.len - reader.pointee.pos
                guard body(reply) else { return }
            }
            guard pending <= limit else {
                throw RedisError(.protocolViolation, "a reply of Redis is larger than \(limit) bytes")
            }
            guard pending <= Self.longestLine || hasLineEnd else {
                throw RedisError(.protocolViolation, "a line of a reply is longer than \(Self.longestLine) bytes")
            }
        }
    }

    /// Whether the line that the parser has arrived at ends before it is too long.
    private var hasLineEnd: Bool {
        let (position, end) = unsafe (Int(reader.pointee.pos), Int(reader.pointee.len))
        guard let buffer = unsafe reader.pointee.buf, position < end else { return true }
        let line = unsafe UnsafeRawBufferPointer(start: buffer, count: end)[position...].prefix(Self.longestLine)
        guard unsafe line.count == Self.longestLine else { return true }
        return unsafe line.firstRange(of: [13, 10]) != nil
    }

    private func next() throws(RedisError) -> RedisReply? {
        var token: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(reader, &token) == REDIS_OK else { throw violation() }
        guard unsafe token != nil else { return nil }
        guard let reply = builder.take() else {
            throw RedisError(.protocolViolation, "what came back is not a reply of Redis")
        }
        return reply
    }

    private func violation() -> RedisError {
        if builder.isTooLong {
            return RedisError(
                .protocolViolation, "a reply of Redis has more than \(builder.mostElements) elements")
        }
        let text = unsafe withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisError(
            .protocolViolation, "what came back is not a reply of Redis (is it another kind of server?): \(text)")
    }
}

/// Shared by all readers, never written after its creation, never freed.
private nonisolated(unsafe) let objectFunctions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    unsafe functions.initialize(
        to: redisReplyObjectFunctions(
            createString: { unsafe createString($0, $1, $2) },
            createArray: { unsafe createArray($0, $1) },
            createInteger: { unsafe createInteger($0, $1) },
            createNil: { unsafe createNil($0) },
            // The tokens are numbers, there is nothing to free.
            freeObject: { _ in }))
    return unsafe functions
}()

private typealias Task = UnsafePointer<redisReadTask>

private func builder(of task: Task) -> ReplyBuilder? {
    guard let data = unsafe task.pointee.privdata else { return nil }
    return unsafe Unmanaged<ReplyBuilder>.fromOpaque(data).takeUnretainedValue()
}

private func parent(of task: Task) -> Int? {
    guard let parent = unsafe task.pointee.parent else { return nil }
    return unsafe Int(bitPattern: parent.pointee.obj)
}

private func createString(
    _ task: Task?, _ text: UnsafeMutablePointer<CChar>?, _ count: Int
) -> UnsafeMutableRawPointer? {
    guard let task = unsafe task, let builder = unsafe builder(of: task) else { return nil }
    let bytes = unsafe UnsafeRawBufferPointer(start: text, count: count)
    let reply: RedisReply
    switch unsafe task.pointee.type {
    case REDIS_REPLY_ERROR: reply = unsafe .error(RedisError(server: String(decoding: bytes, as: UTF8.self)))
    case REDIS_REPLY_STATUS: reply = unsafe .status(String(decoding: bytes, as: UTF8.self))
    default: reply = unsafe .bytes([UInt8](bytes))
    }
    return unsafe UnsafeMutableRawPointer(bitPattern: builder.add(reply, parent: parent(of: task)))
}

private func createArray(_ task: Task?, _ count: Int32) -> UnsafeMutableRawPointer? {
    guard let task = unsafe task, let builder = unsafe builder(of: task) else { return nil }
    return unsafe UnsafeMutableRawPointer(
        bitPattern: builder.addArray(count: Int(count), parent: parent(of: task)))
}

private func createInteger(_ task: Task?, _ value: Int64) -> UnsafeMutableRawPointer? {
    guard let task = unsafe task, let builder = unsafe builder(of: task) else { return nil }
    return unsafe UnsafeMutableRawPointer(
        bitPattern: builder.add(.integer(Int(value)), parent: parent(of: task)))
}

private func createNil(_ task: Task?) -> UnsafeMutableRawPointer? {
    guard let task = unsafe task, let builder = unsafe builder(of: task) else { return nil }
    return unsafe UnsafeMutableRawPointer(bitPattern: builder.add(.null, parent: parent(of: task)))
}
