import NIOSSL

/// How a TLS connection to Redis is made: `rediss://`.
public struct RedisTLS: Sendable, Hashable {
    /// How much of the server's certificate is checked.
    public enum Verification: Sendable, Hashable {
        /// The chain and the host name.
        case full
        /// The chain, not the host name.
        case withoutHostName
        /// Nothing: anybody on the way can read and change what is sent. For experiments.
        case none
    }

    /// A PEM file of the authorities to trust instead of the system's.
    public var certificateAuthorityPath: String?
    /// A PEM file with this client's certificate (and chain), for servers that ask for one.
    public var certificatePath: String?
    /// A PEM file with the private key of the certificate.
    public var privateKeyPath: String?
    /// The name to expect in the server's certificate instead of the host of the address.
    public var serverName: String?
    /// How much of the server's certificate is checked.
    public var verification: Verification

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - certificateAuthorityPath: A PEM file of the authorities to trust instead of the system's.
    ///   - certificatePath: A PEM file with this client's certificate.
    ///   - privateKeyPath: A PEM file with the private key of the certificate.
    ///   - serverName: The name to expect in the server's certificate instead of the host.
    ///   - verification: How much of the server's certificate is checked.
    public init(
        certificateAuthorityPath: String? = nil, certificatePath: String? = nil, privateKeyPath: String? = nil,
        serverName: String? = nil, verification: Verification = .full
    ) {
        self.certificateAuthorityPath = certificateAuthorityPath
        self.certificatePath = certificatePath
        self.privateKeyPath = privateKeyPath
        self.serverName = serverName
        self.verification = verification
    }

    /// Reads the files.
    ///
    /// - Returns: What the connections share.
    /// - Throws: ``RedisError`` `.configuration` when a file is missing or is not what it should be.
    func makeContext() throws(RedisError) -> NIOSSLContext {
        guard (certificatePath == nil) == (privateKeyPath == nil) else {
            throw RedisError(
                .configuration, "a client certificate needs both: its PEM file (cert=) and its private key (key=)")
        }
        var settings = TLSConfiguration.makeClientConfiguration()
        switch verification {
        case .full: settings.certificateVerification = .fullVerification
        case .withoutHostName: settings.certificateVerification = .noHostnameVerification
        case .none: settings.certificateVerification = .none
        }
        do {
            if let path = certificateAuthorityPath {
                settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
            }
            if let path = certificatePath {
                settings.certificateChain = try NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) }
            }
            if let path = privateKeyPath {
                settings.privateKey = .privateKey(try NIOSSLPrivateKey(file: path, format: .pem))
            }
            return try NIOSSLContext(configuration: settings)
        } catch {
            let files = [certificateAuthorityPath, certificatePath, privateKeyPath].compactMap { $0 }
            throw RedisError(
                .configuration,
                "cannot use the TLS files \(files.joined(separator: ", ")): check that they exist and are PEM (\(error))"
            )
        }
    }
}
