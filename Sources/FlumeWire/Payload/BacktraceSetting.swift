/// The `backtrace` field: how many lines of a backtrace a failure stores.
public enum BacktraceSetting: Sendable, Hashable {
    /// `false`, `null` or no field: none.
    case none
    /// `true`: all of it.
    case all
    /// An integer: that many lines.
    case lines(Int)

    /// Reads the raw value of the field.
    init(raw: ArraySlice<UInt8>?) {
        guard let raw, let first = raw.first else {
            self = .none
            return
        }
        if let lines = RawScalar.clampedInteger(raw) {
            self = .lines(max(lines, 0))
        } else {
            self = first == UInt8(ascii: "f") || first == UInt8(ascii: "n") ? .none : .all
        }
    }

    /// The lines to store, or nil when none are wanted.
    public func select(_ backtrace: [String]) -> [String]? {
        switch self {
        case .none: nil
        case .all: backtrace
        case .lines(let count): Array(backtrace.prefix(max(0, count)))
        }
    }
}
