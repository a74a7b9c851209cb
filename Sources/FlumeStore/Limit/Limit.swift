package import FlumeWire

/// A limit as a process was configured with it, and the keys it is kept under.
///
/// What is stored in Redis counts more: the last change wins everywhere at once.
package struct Limit: Sendable, Hashable {
    /// What is limited.
    package enum Kind: String, Sendable, Hashable {
        /// Starts within any length of time, exactly.
        case window
        /// Starts per time on average, with a burst after a rest.
        case bucket
        /// How many run at a time.
        case slots
    }

    /// The numbers, which may change while processes run.
    package struct Numbers: Sendable, Hashable {
        package var kind: Kind
        package var count: Int
        /// In microseconds.
        package var scale: Int
        /// For a bucket, how many at once after a rest; at least 1.
        package var burst: Int

        package init(_ kind: Kind, count: Int, scale: Int, burst: Int = 1) {
            self.kind = kind
            self.count = count
            self.scale = scale
            self.burst = burst
        }
    }

    /// The longest time a limit reckons with, a year: of its scale, and of a back-off.
    package static let longestTime = Duration.seconds(366 * 24 * 3600)

    package let name: String
    package let numbers: Numbers
    let settingsKey: String
    let meterKey: String
    /// Where it is kept that it backs off.
    let backOffKey: String
    /// Whoever holds one of its slots is here.
    package let slotsKey: String

    /// The limit as it holds for one key by itself.
    init(_ name: String, of key: String, _ numbers: Numbers, keys: KeySpace) {
        self.name = name
        self.numbers = numbers
        settingsKey = keys.limit(name)
        meterKey = keys.limitMeter(name, of: key)
        backOffKey = keys.limitBackOff(name, of: key)
        slotsKey = keys.limitSlots(name, of: key)
    }

    package init(_ name: String, _ numbers: Numbers, keys: KeySpace) {
        self.name = name
        self.numbers = numbers
        settingsKey = keys.limit(name)
        meterKey = keys.limitMeter(name)
        backOffKey = settingsKey
        slotsKey = keys.limitSlots(name)
    }
}
