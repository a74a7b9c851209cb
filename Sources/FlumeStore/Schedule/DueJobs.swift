/// What is due in one of the sorted sets.
package struct DueJobs: Sendable {
    /// The members that are due, oldest first, as the bytes they are stored with.
    package let members: [[UInt8]]
    /// Whether there may be more: so many, or so large, that they did not all come.
    package let hasMore: Bool
    /// Microseconds until the first member that is not due yet, at most a day; `nil` when there is none.
    package let microsecondsToNext: Int?
}
