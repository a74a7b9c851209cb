#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension RedisConfiguration {
    /// The address that works on a developer's machine.
    public static let defaultURL = "redis://127.0.0.1:6379/0"

    /// Reads the environment by Sidekiq's rules.
    ///
    /// `REDIS_PROVIDER` is the *name* of the variable that has the URL; without it `REDIS_URL` has it; without either
    /// `REDIS_URL_FILE` is the path of a file that has it, as secrets of Docker and Kubernetes are handed out; without any it
    /// is ``defaultURL``.
    ///
    /// - Parameter variables: The environment; nil for this process's own.
    /// - Returns: The configuration of that URL.
    /// - Throws: ``RedisError`` `.configuration` when the variable or the file named does not exist, or its URL is wrong.
    public static func environment(
        _ variables: [String: String]? = nil
    ) throws(RedisError) -> RedisConfiguration {
        let variables = variables ?? ProcessInfo.processInfo.environment
        guard let provider = variables["REDIS_PROVIDER"], !provider.isEmpty else {
            if let url = variables["REDIS_URL"], !url.isEmpty { return try RedisConfiguration(url: url) }
            guard let path = variables["REDIS_URL_FILE"], !path.isEmpty else {
                return try RedisConfiguration(url: defaultURL)
            }
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw RedisError(.configuration, "REDIS_URL_FILE names \(path), which cannot be read as text")
            }
            return try RedisConfiguration(url: text)
        }
        guard !provider.contains(":") else {
            throw RedisError(
                .configuration,
                "REDIS_PROVIDER is the name of the variable that contains the URL, such as REDISCLOUD_URL; "
                    + "for the URL itself use REDIS_URL")
        }
        guard let url = variables[provider] else {
            throw RedisError(
                .configuration, "REDIS_PROVIDER names the variable \(provider), and there is no such variable")
        }
        return try RedisConfiguration(url: url)
    }
}
