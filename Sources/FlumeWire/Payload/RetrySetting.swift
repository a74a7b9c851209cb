/// The `retry` field: how often a failed job runs again.
public enum RetrySetting: Sendable, Hashable {
    /// `true`: the process-wide default, normally 25 retries.
    case `default`
    /// An integer: that many retries. 0 means none, straight to the dead set at the first failure.
    case limit(Int)
    /// `false`: no retry and no entry in the dead set.
    case none
    /// No field, or `null`: the job class decides where it is known, else as ``none``.
    case absent
    /// Anything else, such as `"5"` or `3.0`: not an integer to Ruby, so it counts as ``default``. Kept as it is.
    case other

    /// Reads the raw value of the field.
    init(raw: ArraySlice<UInt8>?) {
        guard let raw, let first = raw.first else {
            self = .absent
            return
        }
        switch first {
        case UInt8(ascii: "t"): self = .default
        case UInt8(ascii: "f"): self = .none
        case UInt8(ascii: "n"): self = .absent
        default:
            if let limit = RawScalar.clampedInteger(raw) { self = .limit(limit) } else { self = .other }
        }
    }

    /// The value to store; nil for ``absent``, and ``other`` stores `true`, which means the same.
    var json: JSONValue? {
        switch self {
        case .default, .other: true
        case .limit(let limit): .int(limit)
        case .none: false
        case .absent: nil
        }
    }

    /// How many retries there are, or nil when a failed job must not be retried (``none``, ``absent``).
    ///
    /// `defaultLimit` is the process-wide `max_retries`.
    public func limit(default defaultLimit: Int) -> Int? {
        switch self {
        case .default, .other: defaultLimit
        case .limit(let limit): limit
        case .none, .absent: nil
        }
    }
}
