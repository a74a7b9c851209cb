import NIOCore

/// One whole command or reply on its way through a proxy.
struct Frame {
    var bytes: ByteBuffer
    /// Of a command, its name in capitals; nil for what is no array of bulk strings.
    var command: String?
}
