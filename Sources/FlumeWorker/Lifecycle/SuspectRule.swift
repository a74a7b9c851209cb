/// What becomes of the jobs of a dead process, by how many deaths each has been in flight at.
///
/// At the limit a job is taken for the culprit, if it is the only one there. If others are at the limit as well, nobody can
/// tell which of them it was: burying all of them would bury healthy neighbours, whose only fault is to run for longer than
/// suspects are kept apart. So they run again, eight times further apart than before, for a few more deaths at most.
struct SuspectRule: Sendable {
    /// How one job is recovered.
    struct Verdict: Sendable, Hashable {
        /// The number of deaths at which it is buried: this one, or a later one.
        var limit: Int
        /// In how many seconds it runs, if this death makes it a suspect.
        var delay: Double
    }

    /// How many deaths beyond the limit a job may be in flight at while it is not the only suspect.
    static let patience = 3
    /// How far apart in seconds suspects run at first, and over how many they are spread at most.
    private static let spacing = 0.25
    private static let spread = 60.0

    private let limit: Int
    /// How many jobs of this process are at the limit.
    private let suspects: Int

    /// `deaths` is, for each job of the process, at how many it was in flight, this one among them.
    init(limit: Int, deaths: [Int]) {
        self.limit = limit
        suspects = deaths.count { $0 >= limit }
    }

    /// `position` is how many of the process's jobs are older.
    func verdict(deaths: Int, position: Int) -> Verdict {
        guard deaths >= limit else { return Verdict(limit: limit, delay: delay(position, scale: 1)) }
        let isAlone = suspects < 2 || limit == 1 || deaths >= limit + Self.patience
        guard !isAlone else { return Verdict(limit: deaths, delay: 0) }
        var scale = 8.0
        for _ in limit..<deaths { scale *= 8 }
        return Verdict(limit: deaths + 1, delay: delay(position, scale: scale))
    }

    private func delay(_ position: Int, scale: Double) -> Double {
        min(Self.spread, Double(position) * Self.spacing) * scale
    }
}
