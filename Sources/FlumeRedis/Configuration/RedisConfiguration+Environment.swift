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
    /// `REDIS_PROVIDER` is the *name* of the variable that has the URL; without it `REDIS_URL` has it; without
    /// either it is ``defaultURL``.
    ///
    /// - Parameter variables: The environment; nil for this process's own.
    /// - Returns: The configuration of that URL.
    /// - Throws: ``RedisError`` `.configuration` when the variable named does not exist, or its URL is wrong.
    public static func environment(
        _ variables: [String: String]? = nil
    ) throws(RedisError) -> RedisConfiguration {
        let variables = variables ?? ProcessInfo.processInfo.environment
        guard let provider = variables["REDIS_PROVIDER"], !provider.isEmpty else {
            return try RedisConfiguration(url: variables["REDIS_URL"] ?? defaultURL)
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
