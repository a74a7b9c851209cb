/// A payload and where a producer sends it.
package struct PushItem: Sendable {
    /// A queue now, or `schedule` for a time.
    package enum Place: Sendable, Hashable {
        case queue(String)
        /// Seconds since 1970.
        case schedule(at: Double)
    }

    package let place: Place
    package let payload: [UInt8]

    package init(_ payload: [UInt8], to place: Place) {
        self.place = place
        self.payload = payload
    }
}
