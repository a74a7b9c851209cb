import Foundation

/// A time zone: how far its clocks are from UTC, and when that changes.
struct CronZone: Sendable, Hashable {
    /// The name it was given by.
    let name: String
    private let zone: TimeZone

    /// Further from a local time, taken for UTC, than any clock is from UTC; and nearer than two changes of clocks are.
    private static let margin = 36 * 3600

    init(_ name: String) throws(CronError) {
        guard let zone = TimeZone(identifier: name) else {
            let city = "/" + name.lowercased().split(separator: "/").suffix(1).joined()
            let near = TimeZone.knownTimeZoneIdentifiers.first { $0.lowercased().hasSuffix(city) }
            throw CronError(
                field: "zone",
                message: "there is no time zone \"\(name)\"; "
                    + (near.map { "did you mean \($0)?" } ?? "write a name such as Europe/Berlin or UTC"))
        }
        self.name = name
        self.zone = zone
    }

    /// Seconds by which clocks are ahead of UTC at a moment in seconds since 1970.
    func offset(at moment: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(moment)))
    }

    /// The first second with another offset than `earlier` has, up to `later`, which has another one.
    func change(after earlier: Int, through later: Int) -> Int {
        let offset = offset(at: earlier)
        var (low, high) = (earlier, later)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if self.offset(at: middle) == offset { low = middle } else { high = middle }
        }
        return high
    }

    /// The moment at which clocks show a local time for the first time, or pass over it.
    func firstMoment(of wall: WallTime) -> Int {
        let (before, after) = (offset(at: wall.seconds - Self.margin), offset(at: wall.seconds + Self.margin))
        let early = wall.seconds - before
        if before == after || offset(at: early) == before { return early }
        let late = wall.seconds - after
        if offset(at: late) == after { return late }
        return change(after: wall.seconds - Self.margin, through: wall.seconds + Self.margin)
    }
}
