import Foundation

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
            return try RedisConfiguration(url: urlText(inFile: path))
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

    /// No URL is longer; a file such as /dev/zero has no end.
    private static let longestURL = 64 << 10

    /// Also from a pipe, of which nobody knows before how much comes.
    private static func urlText(inFile path: String) throws(RedisError) -> String {
        var data = Data()
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            while data.count <= longestURL, let part = try file.read(upToCount: longestURL + 1 - data.count),
                !part.isEmpty
            {
                data += part
            }
        } catch {
            throw RedisError(.configuration, "REDIS_URL_FILE names \(path), which cannot be read as text")
        }
        guard data.count <= longestURL else {
            throw RedisError(
                .configuration,
                "REDIS_URL_FILE names \(path), which has more than \(longestURL) bytes: it must have a URL and nothing else"
            )
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw RedisError(.configuration, "REDIS_URL_FILE names \(path), which cannot be read as text")
        }
        return text
    }
}
