/// What a failure writes into a payload before it goes to the retry or dead set.
package struct FailureFields: Sendable {
    /// The error's message; it is cut to 10,000 characters.
    package var message: String
    /// The name of the error's type.
    package var errorClass: String
    /// The backtrace, of which the payload's `backtrace` field takes what it wants.
    package var backtrace: [String]
    /// When the job failed.
    package var failedAt: Timestamp
    /// The list the job was fetched from: it becomes `queue`, unless there is a `retry_queue`.
    package var fetchedFrom: String
    /// What the class itself says, for a payload without `retry`: Ruby then writes it into the payload.
    package var classRetry: RetrySetting
    /// The unit of time stamps in a payload that has none; else the unit found is kept.
    package var unit: Timestamp.Unit
    /// Whether the unit found in the payload is kept.
    package var keepsUnit: Bool

    /// Describes a failure.
    package init(
        message: String, errorClass: String, backtrace: [String] = [], failedAt: Timestamp, fetchedFrom: String,
        classRetry: RetrySetting = .absent, unit: Timestamp.Unit = .floatSeconds,
        keepsUnit: Bool = true
    ) {
        self.message = message
        self.errorClass = errorClass
        self.backtrace = backtrace
        self.failedAt = failedAt
        self.fetchedFrom = fetchedFrom
        self.classRetry = classRetry
        self.unit = unit
        self.keepsUnit = keepsUnit
    }

    /// The payload with the failure written into it; every other byte is the producer's.
    ///
    /// `retry_count` is 0 after the first failure and one more after each later one. `failed_at` is the time of the first
    /// failure, `retried_at` of the latest later one. A count of 0 without `failed_at` (exq_scheduler writes it into
    /// fresh jobs) has not failed yet, so this is its first failure.
    package func applied(to payload: JobPayload) -> JobPayload {
        var payload = payload
        let unit = keepsUnit ? payload.timestampUnit ?? unit : unit
        let count = payload.retryCount
        let hasFailedBefore = payload.failedAt != nil

        payload.set("queue", to: .string(payload.retryQueue ?? fetchedFrom))
        payload.set("error_message", to: .string(ErrorMessage.trimmed(message)))
        payload.set("error_class", to: .string(errorClass))
        if !hasFailedBefore { payload.set("failed_at", to: failedAt, unit: unit) }
        if let count, hasFailedBefore || count != 0 {
            payload.set("retry_count", to: .int(count == .max ? count : count + 1))
            payload.set("retried_at", to: failedAt, unit: unit)
        } else {
            payload.set("retry_count", to: 0)
        }
        if let lines = payload.backtrace.select(backtrace), let encoded = BacktraceCoding.encode(lines) {
            payload.set("error_backtrace", to: .string(encoded))
        }
        if payload.retry == .absent, let retry = classRetry.json { payload.set("retry", to: retry) }
        return payload
    }
}
