extension RedisConfiguration {
    /// Reads a URL.
    ///
    /// ```
    /// redis://user:password@host:6379/0          rediss:// is the same over TLS
    /// unix://user:password@/path/to/socket?db=2
    /// redis+sentinel://user:password@host1:26379,host2:26379/primary-name/0
    /// ```
    /// User, password and path may be percent-encoded; `@ : / ? % #` must be. The query may have `db` and
    /// `client_name`; for TLS `cacert`, `cert`, `key`, `sni`; for Sentinel `sentinel_username`,
    /// `sentinel_password`.
    ///
    /// - Parameter url: The URL.
    /// - Throws: ``RedisError`` `.configuration` that says what is wrong without quoting the URL: it may
    ///   contain a password.
    public init(url: String) throws(RedisError) {
        let url = try RedisURL(url)
        self.init(username: url.username, password: url.password, clientName: url.query["client_name"])
        var path = url.path.split(separator: "/", omittingEmptySubsequences: true)
        if url.scheme == "unix" {
            guard url.endpoints.isEmpty, !path.isEmpty else {
                throw RedisURL.wrong("unix:// is followed by an absolute path: unix:///path/to/socket")
            }
            address = .unix(path: url.path)
            path = []
        } else if url.isSentinel {
            guard !url.endpoints.isEmpty, !path.isEmpty else {
                throw RedisURL.wrong("for Sentinel it is redis+sentinel://host1:26379,host2:26379/primary-name/0")
            }
            address = .sentinel(
                RedisSentinel(
                    endpoints: url.endpoints, primaryName: String(path.removeFirst()),
                    username: url.query["sentinel_username"], password: url.query["sentinel_password"]))
        } else {
            guard url.endpoints.count <= 1 else {
                throw RedisURL.wrong("it has several hosts; that is for redis+sentinel:// only")
            }
            if let endpoint = url.endpoints.first { address = .tcp(host: endpoint.host, port: endpoint.port) }
        }
        guard path.count <= 1 else { throw RedisURL.wrong("after the host comes the number of the database only") }
        if let text = url.query["db"] ?? path.first.map(String.init) {
            guard let number = Int(text), number >= 0 else {
                throw RedisURL.wrong(
                    "the database is a number such as 0; is a special character in the password "
                        + "not percent-encoded?")
            }
            database = number
        }
        if url.isTLS {
            tls = RedisTLS(
                certificateAuthorityPath: url.query["cacert"], certificatePath: url.query["cert"],
                privateKeyPath: url.query["key"], serverName: url.query["sni"])
        }
    }
}
