/// A worker that a fault is not about, whose work has to go on meanwhile.
struct NeighbourExpectation: Sendable, Hashable {
    var nonce: String
    /// From when until when there was work for it.
    var span: Range<UInt64>
    /// The longest time without a job that is done, in nanoseconds.
    var pause: UInt64
}
