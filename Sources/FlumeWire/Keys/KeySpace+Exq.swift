/// Keys of Exq where they differ from Sidekiq's: for reading, and for finding what it left.
///
/// Exq prefixes some keys with `ns:` even when its namespace is empty, so those begin with a colon then.
extension KeySpace {
    /// Exq's set of node ids; `:processes` with an empty namespace.
    package var exqProcesses: String { exqRaw("processes") }
    /// Exq's hash of a node.
    package func exqProcess(_ node: String) -> String { exqRaw(node) }
    /// Exq's list of signals for a node.
    package func exqSignals(_ node: String) -> String { exqRaw(node + "-signals") }
    /// Exq's sorted set of node beats.
    package var exqHeartbeats: String { exqRaw("heartbeats") }
    /// Exq's list of the jobs a node has in flight from a queue.
    package func exqBackup(node: String, queue: String) -> String { key("queue:backup::\(node)::\(queue)") }

    /// Whether the list of a queue of this name would be one where a node of Exq keeps what it has in flight.
    package static func isExqBackup(queue name: some Collection<UInt8>) -> Bool {
        let prefix = "backup::"
        guard name.starts(with: prefix.utf8) else { return false }
        return String(decoding: name.dropFirst(prefix.utf8.count), as: UTF8.self).contains("::")
    }

    private func exqRaw(_ name: String) -> String { namespace + ":" + name }
}
