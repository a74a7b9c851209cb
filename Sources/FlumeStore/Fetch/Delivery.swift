import FlumeRedis

/// A job taken from a queue, with the name of the place in the in-flight record that it has to leave.
///
/// A class, because it is handed on from loop to loop: one reference to count and not four.
package final class Delivery: Sendable {
    /// The process life that took it.
    package let tenure: Tenure
    /// Rises with each job a tenure takes and is never used twice.
    package let sequence: Int
    /// The queue whose list it was taken from, without a prefix.
    ///
    /// What the payload says about its queue does not count.
    package let queue: String
    /// The bytes as the producer wrote them.
    package let payload: [UInt8]
    /// What the limits said that let it through; `nil` where there are none.
    package let grant: Grant?

    package init(tenure: Tenure, sequence: Int, queue: String, payload: [UInt8], grant: Grant? = nil) {
        self.tenure = tenure
        self.sequence = sequence
        self.queue = queue
        self.payload = payload
        self.grant = grant
    }

    /// Its field in the in-flight hash: `<sequence>:<queue>`.
    func appendField(to command: inout RedisCommand) {
        let digits = String(sequence).utf8
        command.append(byteCount: digits.count + 1 + queue.utf8.count) { bytes in
            bytes.append(contentsOf: digits)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(contentsOf: queue.utf8)
        }
    }
}
