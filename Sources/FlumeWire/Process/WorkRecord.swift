/// A running job as the Busy page reads it: a value of the hash `<identity>:work`.
package struct WorkRecord: Sendable, Hashable {
    /// The list the job was fetched from, without prefix.
    package var queue: String
    /// The payload as fetched.
    package var payload: [UInt8]
    /// When it began.
    package var runAt: Timestamp

    /// Describes a running job.
    package init(queue: String, payload: [UInt8], runAt: Timestamp) {
        self.queue = queue
        self.payload = payload
        self.runAt = runAt
    }

    /// The stored form: the payload is a string, JSON inside JSON, made valid UTF-8; `run_at` is integer seconds in every
    /// version.
    package var json: [UInt8] {
        var bytes: [UInt8] = Array("{\"queue\":".utf8)
        JSONWriter.append(queue, to: &bytes)
        bytes.append(contentsOf: ",\"payload\":".utf8)
        JSONWriter.append(text: payload, to: &bytes)
        bytes.append(contentsOf: ",\"run_at\":".utf8)
        bytes.append(contentsOf: runAt.json(unit: .integerSeconds))
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
