/// Something said about one place of a configuration: what is wrong there, or what has no effect.
public struct ConfigurationRemark: Sendable, Hashable, CustomStringConvertible {
    /// The name of the file, or `environment`, or `code`.
    public let source: String
    /// The line in the file, from 1; nil where there are no lines.
    public let line: Int?
    /// The setting, as it is written there: `pipelines[0].batch_size`, `FLUME_CONCURRENCY`; empty for the whole file.
    public let key: String
    /// A sentence; never a password.
    public let message: String

    /// Makes a remark.
    public init(source: String, line: Int? = nil, key: String = "", message: String) {
        self.source = source
        self.line = line
        self.key = key
        self.message = message
    }

    /// `file:line: key: message`.
    public var description: String {
        var place = source
        if let line { place += ":\(line)" }
        return key.isEmpty ? "\(place): \(message)" : "\(place): \(key): \(message)"
    }
}
