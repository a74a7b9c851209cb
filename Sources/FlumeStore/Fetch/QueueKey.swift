package import FlumeWire

/// A queue's name together with the key of its list, so that the hot path does not build the key again for each fetch.
package struct QueueKey: Sendable, Hashable {
    package let name: String
    package let key: String

    package init(_ name: String, keys: KeySpace) {
        self.name = name
        self.key = keys.queue(name)
    }
}
