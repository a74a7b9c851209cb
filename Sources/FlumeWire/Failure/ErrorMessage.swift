/// Cuts `error_message` to what Sidekiq stores.
package enum ErrorMessage {
    /// The most characters (code points) of a message that are kept.
    package static let greatestLength = 10_000

    /// The first 10,000 code points of a message.
    package static func trimmed(_ message: String) -> String {
        // Fewer bytes than that cannot be more code points.
        guard message.utf8.count > greatestLength else { return message }
        return String(message.unicodeScalars.prefix(greatestLength))
    }

    /// The same of bytes of unknown encoding: invalid UTF-8 becomes U+FFFD.
    package static func trimmed(_ message: some Collection<UInt8>) -> String {
        trimmed(String(decoding: message, as: UTF8.self))
    }
}
