public import FlumeRedis
import FlumeStore

/// One of the sorted sets and the jobs in it: Sidekiq's `ScheduledSet`, `RetrySet` and `DeadSet`.
///
/// ```swift
/// let dead = inspector.deadSet
/// if let job = try await dead.find(jid: "b4a577edbccf1d805744efa9") {
///     try await dead.retryNow([job])
/// }
/// ```
///
/// Pollers of every Sidekiq, Exq and Flume move due jobs meanwhile; what is done here is done only with jobs that are still
/// there, each in one atomic step.
public struct JobSet: Sendable {
    let set: StoredSet
    let store: JobStore
    let stamping: JobStamping

    /// Where its jobs are.
    public var place: JobRecord.Place { JobRecord.Place(set) }

    /// How many jobs it has.
    ///
    /// - Throws: ``RedisError``.
    public func size() async throws(RedisError) -> Int { try await store.length(of: set) }

    /// A page of its jobs in the order of their time.
    ///
    /// - Parameters:
    ///   - offset: how many to pass over.
    ///   - limit: how many to read, at most 1000.
    ///   - order: from which end. Sidekiq lists `dead` with the newest first and the others with what is due next first.
    /// - Returns: the jobs, fewer at the end of the set.
    /// - Throws: ``RedisError``.
    public func page(
        offset: Int = 0, limit: Int = 100, order: JobOrder = .oldestFirst
    ) async throws(RedisError) -> [JobRecord] {
        try await store.page(
            of: set, from: min(max(0, offset), JobQueue.greatestOffset),
            count: min(max(1, limit), JobQueue.largestPage),
            newestFirst: order == .newestFirst
        ).map { JobRecord($0, in: set) }
    }

    /// Its jobs in no order, read as they are asked for.
    ///
    /// - Parameter text: what a job has to contain as it is stored; empty for all. Redis searches.
    /// - Returns: a sequence that reads page after page.
    public func jobs(containing text: String = "") -> JobRecords {
        JobRecords(store: store, source: .set(set), text: text)
    }

    /// Looks for a job.
    ///
    /// It goes through the set until it finds it, a page at a time; with its time, ``find(jid:time:)`` finds it at once.
    ///
    /// - Parameter jid: its jid.
    /// - Returns: `nil` when it is not there.
    /// - Throws: ``RedisError``.
    public func find(jid: String) async throws(RedisError) -> JobRecord? {
        var iterator = jobs(containing: JobSearch.text(ofJID: jid)).makeAsyncIterator()
        while let job = try await iterator.next() {
            if job.jid == jid { return job }
        }
        return nil
    }

    /// Looks for a job of which the time is known, as the Web UI's links have it.
    ///
    /// - Parameters:
    ///   - jid: its jid.
    ///   - time: exactly when it is due, or died: the score.
    /// - Returns: `nil` when it is not there.
    /// - Throws: ``RedisError``.
    public func find(jid: String, time: Double) async throws(RedisError) -> JobRecord? {
        var first = 0
        while !Task.isCancelled {
            let page = try await store.page(of: set, score: time, from: first, count: JobQueue.largestPage)
            if let member = page.lazy.map({ JobRecord($0, in: set) }).first(where: { $0.jid == jid }) { return member }
            guard page.count == JobQueue.largestPage else { break }
            first += page.count
        }
        return nil
    }
}
