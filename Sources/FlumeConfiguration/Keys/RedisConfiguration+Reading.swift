import FlumeRedis

extension RedisConfiguration {
    /// The host, as far as the address has one.
    var host: String {
        if case .tcp(let host, _) = address { host } else { "127.0.0.1" }
    }

    /// The port, as far as the address has one.
    var port: Int {
        if case .tcp(_, let port) = address { port } else { 6379 }
    }

    /// The TLS settings; setting one of them turns TLS on.
    var tlsOrNew: RedisTLS {
        get { tls ?? RedisTLS() }
        set { tls = newValue }
    }

    /// Takes over what a URL says, and keeps what URLs do not say: time limits, and the certificates for TLS.
    mutating func use(url source: Source) throws(ConfigurationError) {
        let new: RedisConfiguration
        do {
            new = try RedisConfiguration(url: try source.text())
        } catch let error as RedisError {
            throw source.problem(error.message)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw source.problem("\(error)")
        }
        use(new)
    }

    mutating func use(_ new: RedisConfiguration) {
        address = new.address
        username = new.username
        password = new.password
        database = new.database
        clientName = new.clientName ?? clientName
        guard var newTLS = new.tls else {
            tls = nil
            return
        }
        if let old = tls {
            newTLS.certificateAuthorityPath = newTLS.certificateAuthorityPath ?? old.certificateAuthorityPath
            newTLS.certificatePath = newTLS.certificatePath ?? old.certificatePath
            newTLS.privateKeyPath = newTLS.privateKeyPath ?? old.privateKeyPath
            newTLS.serverName = newTLS.serverName ?? old.serverName
            newTLS.verification = old.verification
        }
        tls = newTLS
    }

    /// Takes a list of `host:port`.
    mutating func useSentinels(at source: Source) throws(ConfigurationError) {
        let texts = try source.texts()
        var endpoints: [RedisSentinel.Endpoint] = []
        for text in texts {
            guard !text.mayHaveCredentials else { throw source.looksLikeURL("host:port") }
            // The colons of an IPv6 address are inside brackets.
            let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
            var host = text[...]
            var port = 26379
            if let colon = text[afterBracket...].lastIndex(of: ":") {
                guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                    throw source.problem("found \(text), expected host:port with a port from 1 to 65535")
                }
                port = number
                host = text[..<colon]
            }
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty else { throw source.problem("found \(text), expected host:port") }
            endpoints.append(.init(host: String(host), port: port))
        }
        guard !endpoints.isEmpty else { throw source.expected("at least one host:port") }
        if case .sentinel(var sentinel) = address {
            sentinel.endpoints = endpoints
            address = .sentinel(sentinel)
        } else {
            address = .sentinel(RedisSentinel(endpoints: endpoints, primaryName: "mymaster"))
        }
    }

    /// Takes a host without the rest of a URL.
    mutating func useHost(at source: Source) throws(ConfigurationError) {
        let host = try source.text()
        guard !host.mayHaveCredentials else { throw source.looksLikeURL("a host") }
        address = .tcp(host: host, port: port)
    }

    /// Takes the path of a socket; one that begins with a slash may have an `@` in it, as systemd's instances have.
    mutating func useUnixSocket(at source: Source) throws(ConfigurationError) {
        let path = try source.text()
        guard !path.mayHaveCredentials || path.hasPrefix("/") && !path.contains("://") else {
            throw source.looksLikeURL("a path")
        }
        address = .unix(path: path)
    }

    mutating func changeSentinel(
        _ source: Source, _ change: (inout RedisSentinel) -> Void
    ) throws(ConfigurationError) {
        guard case .sentinel(var sentinel) = address else {
            throw source.problem("there are no Sentinels: set redis.sentinel.endpoints too")
        }
        change(&sentinel)
        address = .sentinel(sentinel)
    }
}

extension String {
    /// Whether it looks like a URL, or a part of one, in which a password may stand.
    ///
    /// An address is in every line of the log, and must have none.
    fileprivate var mayHaveCredentials: Bool { contains("://") || contains("@") }
}

extension Source {
    /// An error that does not quote what was found.
    func looksLikeURL(_ expected: String) -> ConfigurationError {
        problem(
            "found a value with :// or @ (not shown), expected \(expected) alone; a whole URL goes into redis.url, a user "
                + "and a password have keys of their own")
    }
}
