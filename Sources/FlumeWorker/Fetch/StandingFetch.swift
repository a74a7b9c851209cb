import FlumeRedis
import FlumeStore

/// A fetch that is left with Redis, to be carried out when there is a job.
struct StandingFetch: Sendable {
    /// What came of one.
    struct Answer: Sendable {
        let fetch: StandingFetch
        let result: Result<FetchReply, RedisError>

        var hasBroughtJobs: Bool {
            guard case .success(.held(let deliveries, _, _)) = result else { return false }
            return !deliveries.isEmpty
        }
    }

    let request: FetchRequest
    let tenure: Tenure
    /// When it was left.
    let left: ContinuousClock.Instant

    /// No sequence number is used twice, so this one names the fetch.
    var number: Int { request.firstSequence }
}
