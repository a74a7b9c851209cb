import Foundation

extension RedisConfiguration {
    /// The Redis that a program was told of on its command line, or else by its environment.
    ///
    /// - Parameters:
    ///   - url: The option; nil when it is not there.
    ///   - warn: Told that a password on a command line is no secret; by default standard error.
    /// - Returns: The configuration.
    /// - Throws: ``RedisError`` `.configuration`.
    package static func option(
        _ url: String?, warn: (String) -> Void = Self.writeToStandardError
    ) throws(RedisError) -> RedisConfiguration {
        guard let url else { return try .environment() }
        let configuration = try RedisConfiguration(url: url)
        if configuration.hasPassword {
            warn(
                "warning: the password in the Redis URL can be read by every user of this host (ps); "
                    + "put the URL into REDIS_URL, or into a file that REDIS_URL_FILE names")
        }
        return configuration
    }

    private var hasPassword: Bool {
        if case .sentinel(let sentinel) = address, sentinel.password != nil { return true }
        return password != nil
    }

    /// Writes a line where people see it and no program takes it for output.
    package static func writeToStandardError(_ line: String) {
        // What cannot be said on standard error cannot be said.
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
}
