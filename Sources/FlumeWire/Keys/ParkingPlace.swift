/// Where jobs of one pipeline wait for room under the keys of a limit.
///
/// Other pipelines that share the limit have places of their own: their jobs are not for this one's handlers and queues.
package struct ParkingPlace: Sendable, Hashable {
    package let pipeline: String
    /// The first of the pipeline's limits by key.
    package let limit: String

    package init(pipeline: String, limit: String) {
        self.pipeline = pipeline
        self.limit = limit
    }

    /// Reads what ``text`` has written; `nil` for anything else.
    package init?(text: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), let length = Int(text[..<colon]), length >= 0,
            let end = text.utf8.index(colon, offsetBy: length + 1, limitedBy: text.utf8.endIndex),
            end < text.utf8.endIndex, text.utf8[end] == UInt8(ascii: ":"),
            let pipeline = String(text.utf8[text.utf8.index(after: colon)..<end]),
            let limit = String(text.utf8[text.utf8.index(after: end)...])
        else { return nil }
        self.init(pipeline: pipeline, limit: limit)
    }

    /// As it stands in Redis; the length keeps names apart that contain a colon.
    package var text: String { "\(pipeline.utf8.count):\(pipeline):\(limit)" }
}
