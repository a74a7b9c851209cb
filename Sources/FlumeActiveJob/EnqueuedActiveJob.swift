/// The two ids of an ActiveJob job that is in Redis.
public struct EnqueuedActiveJob: Sendable, Hashable {
    /// ActiveJob's `job_id`, which stays when `retry_on` enqueues the job anew.
    public let jobID: String
    /// Sidekiq's jid: ActiveJob's `provider_job_id`.
    public let jid: String
}
