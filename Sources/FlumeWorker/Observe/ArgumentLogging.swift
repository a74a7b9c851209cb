public import FlumeWire

/// What of a job's arguments a worker's log lines and events show.
///
/// ```swift
/// configuration.argumentLogging = .never                      // the default
/// configuration.argumentLogging = .whole(upTo: 200)           // bytes of JSON
/// configuration.argumentLogging = ArgumentLogging { payload in payload.jobClass == "Login" ? nil : "…" }
/// ```
///
/// More people read logs than Redis, so by default neither arguments are logged nor what an error about arguments quotes of
/// them: such an error names the argument, the expected type and the kind of what was found. `error_message` in Redis, beside
/// the arguments themselves, has the whole message. What an error of your own says is yours.
public struct ArgumentLogging: Sendable {
    private let text: (@Sendable (JobPayload) -> String?)?
    private let isWhole: Bool

    private init(isWhole: Bool, _ text: (@Sendable (JobPayload) -> String?)?) {
        self.isWhole = isWhole
        self.text = text
    }

    /// Logs what a closure makes of them, as `flume.args` on the lines about a job's start and end.
    ///
    /// - Parameter text: called with the job, on the job's task; nil for nothing. It sees the arguments as they are stored.
    public init(_ text: @escaping @Sendable (JobPayload) -> String?) {
        self.init(isWhole: false, text)
    }

    /// Never.
    public static let never = ArgumentLogging(isWhole: false, nil)

    /// As JSON, up to so many bytes; and errors about arguments quote them.
    ///
    /// - Parameter bytes: how many bytes of the JSON at most.
    /// - Returns: the rule.
    public static func whole(upTo bytes: Int = 1000) -> ArgumentLogging {
        ArgumentLogging(isWhole: true) { payload in
            let json = payload.argumentBytes ?? []
            return String(decoding: json.prefix(max(0, bytes)), as: UTF8.self) + (json.count > bytes ? "…" : "")
        }
    }

    /// What a line about the job shows.
    func text(of payload: JobPayload) -> String? { text?(payload) }

    /// An error in words, for a log line or an event.
    func text(of error: any Error) -> String {
        guard !isWhole, let error = error as? ArgumentsError else { return ErrorMessage.trimmed("\(error)") }
        return ErrorMessage.trimmed("\(error.withoutValues)")
    }
}

/// A name from a payload as it stands in a log line: a producer's slip must not make the line a megabyte.
enum LogText {
    private static let longestName = 200

    static func name(_ text: String) -> String {
        guard text.utf8.count > longestName else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestName))) + "…"
    }
}
