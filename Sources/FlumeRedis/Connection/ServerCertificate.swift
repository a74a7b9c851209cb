import NIOCore
import NIOSSL

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What can be said about a certificate that was refused: TLS itself only says that it was.
struct ServerCertificate {
    private let certificate: NIOSSLCertificate

    /// The certificate a server has shown on a channel whose handshake has just failed, if it came to that.
    init?(shownOn context: ChannelHandlerContext) {
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = handler?.peerCertificate else { return nil }
        self.certificate = certificate
    }

    /// Why it is not trusted, as the rest of a sentence that begins with "the certificate of Redis".
    var fault: String {
        let now = Int(Date().timeIntervalSince1970)
        if certificate.notValidAfter < now {
            return "has expired on \(Self.text(certificate.notValidAfter)): renew it on the server"
        }
        if certificate.notValidBefore > now {
            return "is not valid before \(Self.text(certificate.notValidBefore)): check the clock of this host"
        }
        if isSelfSigned {
            return "is self-signed and not trusted: give its PEM file as cacert=, or use one of a known authority"
        }
        return "is not trusted: the authority that signed it is not in the "
            + "system's list, or has expired; for an authority of your own give its PEM file as cacert="
    }

    private static func text(_ time: Int) -> String {
        Date(timeIntervalSince1970: Double(time)).ISO8601Format()
    }

    /// Whether issuer and subject are the same name.
    private var isSelfSigned: Bool {
        guard let bytes = try? certificate.toDERBytes() else { return false }
        // Certificate { TBSCertificate { [0] version, serial number, algorithm, issuer, validity, subject … } … }
        var body = DERReader(bytes[...])
        body.enter()
        body.enter()
        var fields: [ArraySlice<UInt8>] = []
        while fields.count < 6, let field = body.next() {
            if fields.isEmpty, field.first != 0xA0 { fields.append([]) }
            fields.append(field)
        }
        return fields.count == 6 && fields[3] == fields[5]
    }
}

/// Walks over DER as far as the names of a certificate; what is malformed simply ends.
private struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Steps into the value that comes next.
    mutating func enter() {
        guard let (header, _) = lengths() else { return rest = [] }
        rest = rest.dropFirst(header)
    }

    /// The next value with its header.
    mutating func next() -> ArraySlice<UInt8>? {
        guard let (header, count) = lengths(), count <= rest.count - header else { return nil }
        defer { rest = rest.dropFirst(header + count) }
        return rest.prefix(header + count)
    }

    /// How long the header of the next value is, and its content.
    private func lengths() -> (header: Int, content: Int)? {
        let head = Array(rest.prefix(6))
        guard head.count >= 2 else { return nil }
        guard head[1] >= 0x80 else { return (2, Int(head[1])) }
        let digits = Int(head[1] & 0x7F)
        guard (1...4).contains(digits), head.count >= 2 + digits else { return nil }
        return (2 + digits, head[2..<(2 + digits)].reduce(0) { $0 << 8 | Int($1) })
    }
}
