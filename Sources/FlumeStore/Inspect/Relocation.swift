package import FlumeWire

/// A job that waits somewhere, and where it is to go.
package struct Relocation: Sendable {
    /// Where a job goes.
    package enum Place: Sendable, Hashable {
        /// Nowhere: it is deleted.
        case nowhere
        /// To `dead`, as these bytes.
        case dead(payload: [UInt8])
        /// To a queue, as these bytes: the last to run there, or the next.
        case queue(String, payload: [UInt8], isNext: Bool)
        /// It stays in its sorted set and is due at this time, in seconds since 1970.
        case at(Double)
    }

    /// The bytes it is stored with.
    package let member: [UInt8]
    package let place: Place
    /// Released in the same step.
    package let lock: UniqueLock?

    package init(_ member: [UInt8], to place: Place, releasing lock: UniqueLock? = nil) {
        self.member = member
        self.place = place
        self.lock = lock
    }
}

/// What became of a job that was to be moved.
package enum RelocationVerdict: Sendable, Hashable {
    /// It was moved by this call.
    case moved
    /// It was not there: somebody else had moved or deleted it.
    case gone
    /// It could not arrive, for the reason Redis gave, and stays where it was.
    case refused(String)
}
