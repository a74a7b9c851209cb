/// What stands beside the kind of a limit.
enum LimitPart: String, CaseIterable {
    /// The length of the window, or the time in which so many start on average.
    case per
    case burst
    /// What the limit is shared under.
    case key
    /// Where the key of a job stands.
    case by
    /// Whether it counts in each process alone.
    case local
}
