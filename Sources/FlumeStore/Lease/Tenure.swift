package import FlumeWire

/// One life of a worker process: an identity, and the keys that hold what it took.
///
/// A process whose lease was buried goes on under a new tenure; jobs fetched under the old one keep it, because it names
/// the record they have to leave.
package final class Tenure: Sendable {
    /// `host:pid:nonce`, as Sidekiq writes it into `processes`.
    package let identity: String
    let leaseKey: String
    let inflightKey: String

    package init(identity: String, keys: KeySpace) {
        self.identity = identity
        self.leaseKey = keys.lease(identity)
        self.inflightKey = keys.inflight(identity)
    }
}
