public import FlumeWire

/// Called after a job has died: its retries are used up, it was killed, or it may not be retried at all.
///
/// It gets the payload as it went to the dead set (or would have), and the error. It runs once the death is written, so a
/// process that dies in between does not call it; what it throws is logged. Sidekiq's death handlers.
public typealias DeathHook = @Sendable (_ payload: JobPayload, _ error: any Error) async throws -> Void
