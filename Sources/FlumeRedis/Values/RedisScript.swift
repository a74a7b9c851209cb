import Synchronization

/// A Lua script that is sent by its digest once the server has told it.
///
/// The digest is learned by SCRIPT LOAD on the first use; a server that has forgotten the script
/// (restart, failover, SCRIPT FLUSH) gets the source again without the caller noticing.
package final class RedisScript: Sendable {
    /// The name, for messages and logs.
    package let name: String
    /// The Lua source.
    package let source: [UInt8]
    private let known = Mutex<[UInt8]?>(nil)

    /// Creates a script from bytes.
    ///
    /// - Parameters:
    ///   - name: For messages and logs.
    ///   - source: The Lua source.
    package init(name: String, source: [UInt8]) {
        self.name = name
        self.source = source
    }

    /// Creates a script from text.
    ///
    /// - Parameters:
    ///   - name: For messages and logs.
    ///   - source: The Lua source.
    package convenience init(name: String, source: String) {
        self.init(name: name, source: Array(source.utf8))
    }

    /// The 40 hexadecimal digits the server knows it by, once it has told them.
    var digest: [UInt8]? {
        known.withLock { $0 }
    }

    /// Takes the server's answer to SCRIPT LOAD; anything that is not a digest is ignored.
    func learn(_ reply: RedisReply) {
        guard let bytes = reply.bytes, bytes.count == Self.digestLength else { return }
        known.withLock { $0 = bytes }
    }

    private static let digestLength = 40
}
