import NIOCore
import NIOPosix
import NIOSSL

extension RedisError {
    /// Puts what the network or TLS says into a sentence.
    ///
    /// - Parameters:
    ///   - error: What NIO throws.
    ///   - address: Where the connection was to go, for the sentence.
    ///   - certificate: What the server has shown, if it was TLS.
    init(connecting error: any Error, to address: String? = nil, certificate: ServerCertificate? = nil) {
        let place = address.map { " to \($0)" } ?? ""
        switch error {
        case let error as RedisError:
            self = error
        case let error as NIOConnectionError:
            if let cause = error.connectionErrors.first?.error {
                self.init(connecting: cause, to: address)
            } else {
                self.init(.connectionClosed, "cannot find the host of Redis\(place): check its name and the DNS")
            }
        case let error as IOError where error.errnoCode == 2:
            self.init(.connectionClosed, "cannot connect\(place): there is no such socket; is Redis running?")
        case let error as IOError:
            self.init(.connectionClosed, "no connection\(place): \(Self.text(errno: error.errnoCode))")
        case ChannelError.connectTimeout:
            self.init(.connectionClosed, "cannot connect\(place): nobody answers")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(tls: error, place: place, certificate)
        default:
            self.init(.connectionClosed, "no connection\(place): \(error)")
        }
    }

    /// Adds the usual reason when a server hangs up before it has answered anything.
    func asking(about tls: RedisTLS?) -> RedisError {
        guard code == .connectionClosed, tls == nil else { return self }
        return RedisError(code, "\(message) without an answer; does it want TLS (rediss://)?")
    }

    private init(tls error: any Error, place: String, _ certificate: ServerCertificate?) {
        let text = "\(error)"
        if case NIOSSLError.uncleanShutdown = error {
            self.init(.connectionClosed, "Redis closed the connection\(place)")
        } else if text.contains("CERTIFICATE_VERIFY_FAILED") {
            let fault = certificate?.fault ?? "is not trusted"
            self.init(.configuration, "the certificate of Redis\(place) \(fault)")
        } else if text.contains("failedToValidateHostname") || text.lowercased().contains("hostname") {
            self.init(
                .configuration,
                "the certificate of Redis\(place) is for another host name; use the name in the certificate, or sni=")
        } else if text.contains("CERTIFICATE_REQUIRED") || text.contains("HANDSHAKE_FAILURE") {
            self.init(
                .configuration, "Redis\(place) asks for a client certificate: give cert= and key= in the URL")
        } else if text.contains("WRONG_VERSION_NUMBER") {
            self.init(
                .configuration,
                "Redis\(place) does not speak TLS on this port: use the port that does, or redis:// "
                    + "instead of rediss:// if the way there is safe")
        } else {
            self.init(.connectionClosed, "TLS\(place) failed: \(text)")
        }
    }

    private static func text(errno: CInt) -> String {
        let description = IOError(errnoCode: errno, reason: "").description
        return switch errno {
        case 104: "Redis reset the connection"
        case 110: "nobody answers"
        case 111: "nobody listens there; is Redis running?"
        default: description
        }
    }
}
