public import FlumeRedis
import FlumeStore
import FlumeWire

/// A queue and the jobs in it: Sidekiq's `Queue`.
///
/// ```swift
/// let queue = inspector.queue("mailers")
/// for try await job in queue.jobs(containing: "\"template\":\"late\"") {
///     try await queue.delete([job])
/// }
/// ```
///
/// Workers take jobs meanwhile; what is done here is done only with jobs that are still there.
public struct JobQueue: Sendable {
    /// How many jobs one page has at most.
    static let largestPage = 1000
    /// No list and no set of Redis has so many; beyond it places and counts would overflow, and Lua's numbers round.
    static let greatestOffset = 1 << 48

    /// Its bare name.
    public let name: String
    let store: JobStore

    /// How many jobs wait.
    ///
    /// - Throws: ``RedisError``.
    public func size() async throws(RedisError) -> Int { try await store.length(of: name) }

    /// The age of the oldest job in seconds by Redis's clock.
    ///
    /// - Returns: 0 when none waits, `nil` when the oldest one does not say when it was enqueued.
    /// - Throws: ``RedisError``.
    public func latency() async throws(RedisError) -> Double? {
        let replies = try await store.redis.send([
            RedisCommand("TIME"), RedisCommand("LINDEX", store.keys.queue(name), "-1"),
        ])
        return Inspector.latency(ofOldest: replies[1], now: Timestamp(redis: replies[0]))
    }

    /// Whether it is in Sidekiq's `paused`.
    ///
    /// - Throws: ``RedisError``.
    public func isPaused() async throws(RedisError) -> Bool {
        try await store.redis.send(RedisCommand("SISMEMBER", store.keys.paused, name)).integer == 1
    }

    /// A page of its jobs.
    ///
    /// - Parameters:
    ///   - offset: how many to pass over.
    ///   - limit: how many to read, at most 1000.
    ///   - order: from which end; Sidekiq and Exq list the newest first.
    /// - Returns: the jobs, fewer at the end of the queue.
    /// - Throws: ``RedisError``.
    public func page(
        offset: Int = 0, limit: Int = 100, order: JobOrder = .newestFirst
    ) async throws(RedisError) -> [JobRecord] {
        let (offset, limit) = (min(max(0, offset), Self.greatestOffset), min(max(1, limit), Self.largestPage))
        let first: Int
        switch order {
        case .newestFirst: first = offset
        case .oldestFirst: first = try await size() - offset - limit
        }
        let count = limit + min(0, first)
        var jobs: [JobRecord] = []
        var (read, next, length) = (0, max(0, first), Int?.none)
        // Large jobs come in several parts.
        while read < count {
            let part = try await store.walk(name, from: next, of: length, count: count - read)
            jobs += part.jobs.map { job in
                JobRecord(job.bytes, in: .queue(name), position: .init(index: job.place, length: part.length))
            }
            guard !part.isLast else { break }
            (read, next, length) = (read + part.count, part.first + part.count, part.length)
        }
        return order == .newestFirst ? jobs : jobs.reversed()
    }

    /// Its jobs, the newest first, read as they are asked for.
    ///
    /// - Parameter text: what a job has to contain as it is stored; empty for all.
    /// - Returns: a sequence that reads page after page.
    public func jobs(containing text: String = "") -> JobRecords {
        JobRecords(store: store, source: .queue(name), text: text)
    }

    /// Looks for a job.
    ///
    /// It goes through the queue until it finds it, a page at a time: in a queue of a million jobs that takes seconds.
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
}
