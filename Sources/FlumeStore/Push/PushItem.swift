package import FlumeWire

/// A payload and where a producer sends it.
package struct PushItem: Sendable {
    /// A queue now, or `schedule` for a time.
    package enum Place: Sendable, Hashable {
        case queue(String)
        /// Seconds since 1970.
        case schedule(at: Double)

        package static func == (left: Self, right: Self) -> Bool {
            switch (left, right) {
            case (.queue(let left), .queue(let right)): left.isExactly(right)
            case (.schedule(let left), .schedule(let right)): left == right
            case (.queue, .schedule), (.schedule, .queue): false
            }
        }
    }

    package let place: Place
    package let payload: [UInt8]
    /// The lock it has to take, and for how long; a job whose lock another holds is not written.
    package let lock: (lock: UniqueLock, milliseconds: Int)?

    package init(_ payload: [UInt8], to place: Place, taking lock: (lock: UniqueLock, milliseconds: Int)? = nil) {
        self.place = place
        self.payload = payload
        self.lock = lock
    }
}
