import Foundation
import TestSupport

/// Certificates for one test, made by the `openssl` command.
struct Certificates {
    let directory: TemporaryDirectory

    /// Makes a CA, a certificate of `localhost` and 127.0.0.1, an expired one, one of next year, one of another host,
    /// a self-signed one, a client's, and a CA nobody has signed anything with.
    init() async throws {
        directory = try TemporaryDirectory()
        try await authority("ca")
        try await authority("other-ca")
        try await leaf("good", names: "DNS:localhost,IP:127.0.0.1")
        try await leaf("expired", names: "DNS:localhost,IP:127.0.0.1", extra: "-days -1")
        try await early()
        try await authority("self-signed", extra: " -addext subjectAltName=DNS:localhost,IP:127.0.0.1")
        try await leaf("other-host", names: "DNS:redis.example")
        try await leaf("client", names: "DNS:client")
    }

    func file(_ name: String) -> String { directory.file(name) }

    /// The arguments of a server that listens with TLS only.
    func arguments(port: Int, certificate: String = "good", asksForClientCertificate: Bool = false) -> [String] {
        // A Sentinel's own connections take the same.
        [
            "--tls-port", "\(port)", "--tls-cert-file", file("\(certificate).crt"),
            "--tls-key-file", file("\(certificate).key"), "--tls-ca-cert-file", file("ca.crt"),
            "--tls-auth-clients", asksForClientCertificate ? "yes" : "no",
        ]
    }

    private func authority(_ name: String, extra: String = "") async throws {
        try await openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=Test-\(name)"
                + " -keyout \(file("\(name).key")) -out \(file("\(name).crt"))" + extra)
    }

    /// One that becomes valid in the year 2099: only `openssl ca` lets one choose.
    private func early() async throws {
        try await leaf("early", names: "DNS:localhost,IP:127.0.0.1")
        let settings = """
            [ca]
            default_ca = it
            [it]
            database = \(file("index.txt"))
            new_certs_dir = \(directory.path)
            certificate = \(file("ca.crt"))
            private_key = \(file("ca.key"))
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """
        try settings.write(toFile: file("ca.conf"), atomically: true, encoding: .utf8)
        try "".write(toFile: file("index.txt"), atomically: true, encoding: .utf8)
        try await openssl(
            "ca -batch -notext -config \(file("ca.conf")) -in \(file("early.csr")) -out \(file("early.crt"))"
                + " -extfile \(file("early.ext")) -startdate 20990101000000Z -enddate 20990601000000Z")
    }

    private func leaf(_ name: String, names: String, extra: String = "-days 2") async throws {
        try "subjectAltName=\(names)\n".write(toFile: file("\(name).ext"), atomically: true, encoding: .utf8)
        try await openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=\(name)"
                + " -keyout \(file("\(name).key")) -out \(file("\(name).csr"))")
        try await openssl(
            "x509 -req -in \(file("\(name).csr")) -CA \(file("ca.crt")) -CAkey \(file("ca.key")) -CAcreateserial"
                + " \(extra) -extfile \(file("\(name).ext")) -out \(file("\(name).crt"))")
    }

    private func openssl(_ arguments: String) async throws {
        let child = try ChildProcess.spawn(
            "openssl", arguments.split(separator: " ").map(String.init), output: directory.path, name: "openssl")
        let exit = await child.exit()
        guard exit == .status(0) else { throw TestSupportError("openssl \(arguments): \(child.errorOutput)") }
    }
}
