public import FlumeWorker
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a health endpoint cannot listen.
public struct HealthServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it should have listened.
    public var address: HealthAddress
    /// What is wrong there, and what to do.
    public var reason: String

    /// One sentence with the address.
    public var description: String { "the health endpoint cannot listen on \(address): \(reason)" }

    /// Puts an error in words.
    init(_ error: any Error, at address: HealthAddress) {
        self.address = address
        if let error = error as? SocketFile.Unusable {
            reason = error.reason
            return
        }
        switch ((error as? IOError)?.errnoCode, address) {
        case (EADDRINUSE, _):
            reason = "another program listens there; end it, or choose another port"
        case (EACCES, .tcp), (EPERM, .tcp):
            reason = "this user may not use the port; choose one above 1023"
        case (EACCES, .unix), (EPERM, .unix):
            reason = "this user may not write to the folder; choose another one, or change its rights"
        case (ENOENT, .unix), (ENOTDIR, .unix):
            reason = "there is no such folder; create it"
        case (EADDRNOTAVAIL, _), (EAFNOSUPPORT, _):
            reason = "this machine has no such address; 0.0.0.0 stands for all it has"
        default:
            reason = "\(error)"
        }
    }
}
