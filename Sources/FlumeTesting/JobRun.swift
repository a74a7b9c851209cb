public import FlumeWire
public import FlumeWorker

/// One run of a job in a test: what ran, and how it ended.
public struct JobRun: Sendable, CustomStringConvertible {
    /// The payload as it ran.
    public let payload: JobPayload
    /// The queue it was taken from.
    public let queue: String
    /// When it ran, by the test's clock.
    public let ranAt: Timestamp
    /// Where the job goes.
    public let ending: JobEnding
    /// What the handler or a middleware threw to fail it; `nil` if it did not fail.
    public let error: (any Error)?
    /// The payload as it was written to where the job goes: with `retry_count`, `error_message` and so on.
    ///
    /// `nil` if it goes nowhere.
    public let written: JobPayload?
    /// What middleware and handler left in the job's storage.
    public let storage: JobStorage?

    /// Sidekiq's `jid`.
    public var jid: String { payload.jid ?? "" }

    /// The name its handler was found by.
    public var jobClass: String { payload.handlerName ?? "" }

    /// Which, how it ended, and why.
    public var description: String {
        "\(jobClass) \(jid): \(ending)" + (error.map { ", \($0)" } ?? "")
    }
}
