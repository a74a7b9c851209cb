import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The file of a Unix socket, which outlives a process that was killed.
struct SocketFile {
    /// Why the path cannot be used.
    struct Unusable: Error {
        var reason: String
    }

    let path: String
    /// Which file it is that was made here: another process may have replaced it.
    private var identity: [UInt64] = []

    init(path: String) {
        self.path = path
    }

    /// Makes a socket, and its file.
    ///
    /// NIO, when it does that, removes whatever socket is at the path in the end, also that of another process which has
    /// taken the place meanwhile.
    ///
    /// - Returns: the socket, which does not listen yet, and the file as it was made.
    func make() throws -> (socket: NIOBSDSocket.Handle, file: SocketFile) {
        let address = try SocketAddress(unixDomainSocketPath: path)
        let handle = socket(AF_UNIX, Self.kind, 0)
        guard handle >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        let result = unsafe address.withSockAddr { address, size in
            unsafe bind(handle, address, socklen_t(size))
        }
        guard result == 0 else {
            let error = IOError(errnoCode: errno, reason: "bind")
            close(handle)
            throw error
        }
        var file = self
        if let status = Self.status(path) { file.identity = Self.identity(status) }
        return (handle, file)
    }

    #if canImport(Glibc)
        private static let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    #elseif canImport(Musl)
        private static let kind = SOCK_STREAM | SOCK_CLOEXEC
    #endif

    /// Removes what a dead process left behind, but nothing else.
    func clear(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        guard let status = Self.status(path) else { return eventLoop.makeSucceededVoidFuture() }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            return eventLoop.makeFailedFuture(
                Unusable(reason: "there is a file that is no socket; remove it, or choose another path"))
        }
        let path = path
        return ClientBootstrap(group: eventLoop).connectTimeout(.seconds(1)).connect(unixDomainSocketPath: path)
            .flatMapThrowing { channel -> Void in
                channel.close(promise: nil)
                throw Unusable(reason: "another program listens there; end it, or choose another path")
            }
            .flatMapErrorThrowing { error in
                // Refused means that nobody listens any more.
                guard (error as? IOError)?.errnoCode == ECONNREFUSED else { throw error }
                unsafe unlink(path)
            }
    }

    /// Removes the file, unless it is another one by now.
    func remove() {
        guard let status = Self.status(path), Self.identity(status) == identity else { return }
        unsafe unlink(path)
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status : nil
    }

    /// A file system gives the number of a removed file to the next one that is made: the number alone is not enough.
    private static func identity(_ status: stat) -> [UInt64] {
        [
            UInt64(status.st_dev), UInt64(status.st_ino), UInt64(status.st_mode & S_IFMT),
            UInt64(bitPattern: Int64(status.st_mtim.tv_sec)), UInt64(bitPattern: Int64(status.st_mtim.tv_nsec)),
        ]
    }
}
