import CZlib

/// Compresses and expands in zlib's own format, RFC 1950.
///
/// The only file that knows zlib.
enum Zlib {
    /// Compresses bytes; nil only if memory runs out.
    static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
        var length = compressBound(uLong(bytes.count))
        let capacity = Int(length)
        var status = Z_MEM_ERROR
        let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            status = unsafe bytes.withUnsafeBufferPointer { source in
                unsafe compress(buffer.baseAddress, &length, source.baseAddress, uLong(bytes.count))
            }
            count = status == Z_OK ? min(Int(length), capacity) : 0
        }
        return status == Z_OK ? result : nil
    }

    /// Expands bytes; nil if they are not a complete zlib stream or would expand beyond a limit.
    static func inflate(_ bytes: [UInt8], maximumBytes: Int) -> [UInt8]? {
        guard bytes.count <= Int(UInt32.max) else { return nil }
        var stream = unsafe z_stream()
        guard unsafe inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { unsafe _ = inflateEnd(&stream) }
        var source = bytes
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        // The stream keeps pointers into both buffers, so the loop runs inside their scopes.
        let isComplete = unsafe source.withUnsafeMutableBufferPointer { input in
            unsafe chunk.withUnsafeMutableBufferPointer { output in
                unsafe stream.next_in = input.baseAddress
                unsafe stream.avail_in = uInt(input.count)
                while true {
                    unsafe stream.next_out = output.baseAddress
                    unsafe stream.avail_out = uInt(output.count)
                    let status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                    let produced = unsafe output.count - Int(stream.avail_out)
                    guard status == Z_OK || status == Z_STREAM_END, result.count + produced <= maximumBytes else {
                        return false
                    }
                    unsafe result.append(contentsOf: output[..<produced])
                    if status == Z_STREAM_END { return true }
                    if produced == 0, unsafe stream.avail_in == 0 { return false }
                }
            }
        }
        return isComplete ? result : nil
    }
}
