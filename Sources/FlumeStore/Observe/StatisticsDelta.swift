package import FlumeWire

/// What has been counted since the last flush.
package struct StatisticsDelta: Sendable {
    /// What has been counted for one class.
    package struct JobClass: Sendable {
        /// Attempts that came to an end, and how many of them failed.
        package var processed = 0
        package var failed = 0
        /// Total run time of those that succeeded.
        package var milliseconds = 0
        /// How long those took.
        package var histogram = HistogramBuckets()

        package init() {}
    }

    package var processed = 0
    package var failed = 0
    package var classes: [String: JobClass] = [:]

    package init() {}

    package var isEmpty: Bool { processed == 0 && failed == 0 }
}
