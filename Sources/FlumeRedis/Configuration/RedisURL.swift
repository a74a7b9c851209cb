/// The parts of a Redis URL.
///
/// Not Foundation's URL: that one knows no list of hosts and refuses what Redis users write in passwords.
/// No error quotes any part that may be a secret.
struct RedisURL {
    var scheme: String
    var username: String?
    var password: String?
    /// `host:port`, several for Sentinel, none for a Unix socket.
    var endpoints: [RedisSentinel.Endpoint]
    /// Percent-decoded, with its leading slash.
    var path: String
    var query: [String: String]

    private static let schemes = ["redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel"]

    var isTLS: Bool { scheme.hasPrefix("rediss") }
    var isSentinel: Bool { scheme.hasSuffix("+sentinel") }

    init(_ url: String) throws(RedisError) {
        let trimmed = url.drop { $0.isWhitespace }
        guard let colon = trimmed.firstIndex(of: ":"), trimmed[colon...].hasPrefix("://") else {
            throw Self.wrong("it must begin with redis://, rediss://, unix:// or redis+sentinel://")
        }
        scheme = trimmed[..<colon].lowercased()
        guard Self.schemes.contains(scheme) else {
            throw Self.wrong("it must begin with redis://, rediss://, unix:// or redis+sentinel://")
        }
        var rest = trimmed[colon...].dropFirst("://".count)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        query = [:]
        if let mark = rest.firstIndex(of: "?") {
            for pair in rest[rest.index(after: mark)...].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                query[try Self.decode(parts[0])] = parts.count > 1 ? try Self.decode(parts[1]) : ""
            }
            rest = rest[..<mark]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        path = try Self.decode(rest[slash...])
        var authority = rest[..<slash]
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if let user = credentials.first, !user.isEmpty { username = try Self.decode(user) }
            if credentials.count > 1, !credentials[1].isEmpty { password = try Self.decode(credentials[1]) }
            authority = authority[authority.index(after: at)...]
        }
        guard username == nil || password != nil else {
            throw Self.wrong("it has a user but no password; a password alone is written redis://:password@host")
        }
        endpoints = []
        let defaultPort = scheme.hasSuffix("+sentinel") ? 26379 : 6379
        for part in authority.split(separator: ",") {
            endpoints.append(try Self.endpoint(part, defaultPort: defaultPort))
        }
    }

    private static func endpoint(
        _ text: Substring, defaultPort: Int
    ) throws(RedisError) -> RedisSentinel.Endpoint {
        var host = text
        var port = defaultPort
        // The colons of an IPv6 address are inside brackets.
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else {
                throw wrong(
                    "its port is not a number from 1 to 65535; is a special character in the password "
                        + "not percent-encoded?")
            }
            port = number
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return RedisSentinel.Endpoint(host: host.isEmpty ? "127.0.0.1" : try decode(host), port: port)
    }

    private static func decode(_ text: Substring) throws(RedisError) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = Substring(rest.prefix(2))
            guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
                throw wrong("a % is not followed by two hexadecimal digits; a % itself is written %25")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func wrong(_ what: String) -> RedisError {
        RedisError(.configuration, "the Redis URL is wrong: \(what)")
    }
}
