package import FlumeWire

/// A limit that holds for each key by itself, such as a tenant named in the job's arguments.
///
/// Jobs whose key has no room wait in Redis, in a list of that key.
package struct KeyedLimit: Sendable {
    package let name: String
    package let numbers: Limit.Numbers
    let keys: KeySpace

    package init(_ name: String, _ numbers: Limit.Numbers, keys: KeySpace) {
        self.name = name
        self.numbers = numbers
        self.keys = keys
    }

    /// The limit as it is declared; its meter is nobody's.
    package var whole: Limit { Limit(name, numbers, keys: keys) }

    /// The limit of one key.
    package func limit(for key: String) -> Limit { Limit(name, of: key, numbers, keys: keys) }

    /// Keys with parked jobs, by the time they have room.
    var indexKey: String { keys.parkedIndex(name) }

    func parkedKey(_ key: String) -> String { keys.parked(name, key) }
}
