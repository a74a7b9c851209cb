import FlumeWire
import Synchronization

/// Where a client's jids come from.
final class JobIDSource: Sendable {
    private let generator = Mutex(Xoshiro256())

    /// A new jid: 24 hexadecimal digits.
    func next() -> String {
        generator.withLock { JobID.make(using: &$0) }
    }
}
