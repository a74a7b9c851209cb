#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension FlumeSettings {
    /// Reads a YAML file over what is set already.
    ///
    /// ```yaml
    /// namespace: shop
    /// concurrency: 10                 # of pipelines that have none of their own
    /// shutdown_timeout: 25s
    /// redis:
    ///   url: ${REDIS_URL:-redis://localhost:6379/0}
    /// pipelines:
    ///   - name: default
    ///     queues: [[critical, 3], default]
    ///   - name: ses
    ///     queue: mailers
    ///     concurrency: 20
    ///     rate_limit_count: 400
    ///     rate_limit_scale: 1s
    ///     batch_size: 10
    ///     batch_timeout: 500ms
    /// ```
    /// Durations have a unit: `ms`, `s`, `m`, `h`, `d`. Where Elixir Flume or Exq had an option with one fixed unit, a
    /// plain number still has it. `${VAR}` and `${VAR:-default}` stand for environment variables, `$${` for `${` itself.
    /// Pipelines that were set before are replaced, if the file has any.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - variables: the environment; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong in the file, each with its line. Nothing is changed then.
    public mutating func read(
        file path: String, variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        try read(yaml: try Self.text(ofFile: path), named: path, variables: variables)
    }

    /// Reads the text of a YAML file over what is set already.
    ///
    /// - Parameters:
    ///   - yaml: the text, of the form that ``read(file:variables:)`` has.
    ///   - name: the name of the file, for messages.
    ///   - variables: the environment; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong, each with its line. Nothing is changed then.
    public mutating func read(
        yaml: String, named name: String = "flume.yml", variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        let variables = variables ?? ProcessInfo.processInfo.environment
        let root = try Source(yaml: yaml, named: name)
        if case .nothing = root.content { return }
        var reader = SettingsReader(substitution: Substitution(variables: variables))
        self = try reader.settings(from: root, over: self)
    }

    /// The most bytes of a configuration file.
    private static let largestFile = 1 << 20

    /// The text of a file.
    static func text(ofFile path: String) throws(ConfigurationError) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        // A device may have no end.
        if attributes?[.type] as? FileAttributeType == .typeCharacterSpecial {
            throw ConfigurationError([.init(source: path, message: "it is a device, not a file")])
        }
        let size = attributes?[.size] as? Int ?? 0
        guard size <= Self.largestFile else {
            throw ConfigurationError([
                .init(
                    source: path,
                    message:
                        "the file has \(size) bytes, more than the \(Self.largestFile) that a configuration may have")
            ])
        }
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ConfigurationError([.init(source: path, message: "the file cannot be read as UTF-8 text: \(error)")])
        }
    }
}
