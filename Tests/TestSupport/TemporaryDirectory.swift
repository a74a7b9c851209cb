import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A new directory under `/tmp` that is gone, at the latest, when the test process ends.
///
/// The path is short: a Unix socket's may not be longer than 107 bytes.
public struct TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: String

    /// Creates it.
    ///
    /// - Throws: ``TestSupportError`` when the file system refuses.
    public init() throws {
        var template = Array("/tmp/flume-test-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw TestSupportError("cannot create a directory in /tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        ProcessWatcher.shared.remove(path)
    }

    /// The path of a file in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes it with all that is in it.
    public func remove() { try? FileManager.default.removeItem(atPath: path) }
}
