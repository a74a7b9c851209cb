import FlumeWire

/// The keys of a job, one for each limit by key of its pipeline; `nil` where that limit is not for it.
package struct JobKeys: Sendable, Hashable {
    package let keys: [String?]

    /// The keys as Redis has them: a plain one where all are the same, or else a JSON array.
    package let text: String

    /// Makes the keys of a job; `nil` when no limit is for it.
    package init?(_ keys: [String?]) {
        guard let first = keys.lazy.compactMap(\.self).first else { return nil }
        self.keys = keys
        if !first.hasPrefix("["), keys.allSatisfy({ $0 == first }) {
            text = first
        } else {
            text = String(decoding: JSONValue.array(keys.map { $0.map { .string($0) } ?? .null }).json, as: UTF8.self)
        }
    }

    /// Reads what is in Redis, for so many limits.
    ///
    /// Another process may have had other limits: then the first key is that of all of them.
    init(text: String, count: Int) {
        self.text = text
        guard text.hasPrefix("["), let array = (try? JSONValue(parsing: Array(text.utf8)))?.array else {
            keys = Array(repeating: text, count: count)
            return
        }
        let written = array.map(\.string)
        let first = written.lazy.compactMap(\.self).first ?? text
        keys = written.count == count ? written : Array(repeating: first, count: count)
    }
}
