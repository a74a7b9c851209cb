public import FlumeRedis
import FlumeStore
public import FlumeWire

extension JobSet {
    /// How many jobs one call of the script moves.
    private static let step = 100

    /// Puts jobs into their queues now, as Sidekiq's buttons do.
    ///
    /// A job of `retry` or `dead` gets back one retry (`retry_count` is lowered by one where there is one), as it does in
    /// Sidekiq. `enqueued_at` is set, what a push adds is added, every other byte stays.
    ///
    /// - Parameter jobs: of this set, as they were read.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func retryNow(_ jobs: [JobRecord]) async throws(RedisError) -> JobMoves {
        let now = try await store.now()
        return try await relocate(jobs) { job in
            guard let payload = job.payload else { return .failure("it is no job") }
            let pushed = stamping.enqueued(payload, at: now, isRetry: set != .schedule)
            guard let queue = pushed.queue, !queue.isEmpty else { return .failure("its queue has no name") }
            return .success(Relocation(job.bytes, to: .queue(queue, payload: pushed.bytes, isNext: false)))
        }
    }

    /// Puts jobs into a queue as they are, byte for byte: Exq's `dequeue_…_jobs`.
    ///
    /// - Parameters:
    ///   - jobs: of this set, as they were read.
    ///   - queue: where they go; `nil` for the queue that each of them names.
    ///   - isNext: whether they run next there, and not last.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func requeue(
        _ jobs: [JobRecord], to queue: String? = nil, isNext: Bool = false
    ) async throws(RedisError) -> JobMoves {
        try await relocate(jobs) { job in
            guard let queue = queue ?? job.queue, !queue.isEmpty else { return .failure("it names no queue") }
            return .success(Relocation(job.bytes, to: .queue(queue, payload: job.bytes, isNext: isNext)))
        }
    }

    /// Puts jobs into the dead set as they are, and releases the locks of unique ones.
    ///
    /// Death hooks are the workers', and are not called.
    ///
    /// - Parameter jobs: of this set, as they were read; those of the dead set itself are refused.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func kill(_ jobs: [JobRecord]) async throws(RedisError) -> JobMoves {
        try await relocate(jobs) { job in
            guard set != .dead else { return .failure("it is dead already") }
            return .success(Relocation(job.bytes, to: .dead(payload: job.bytes), releasing: job.lock))
        }
    }

    /// Has jobs run at another time; they stay in this set.
    ///
    /// - Parameters:
    ///   - jobs: of this set, as they were read; those of the dead set are refused.
    ///   - time: seconds since 1970.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func reschedule(_ jobs: [JobRecord], at time: Timestamp) async throws(RedisError) -> JobMoves {
        try await relocate(jobs) { job in
            guard set != .dead else { return .failure("a dead job does not run") }
            return .success(Relocation(job.bytes, to: .at(time.seconds)))
        }
    }

    /// Deletes jobs, and releases the locks of unique ones.
    ///
    /// - Parameter jobs: of this set, as they were read.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func delete(_ jobs: [JobRecord]) async throws(RedisError) -> JobMoves {
        try await relocate(jobs) { .success(Relocation($0.bytes, to: .nowhere, releasing: $0.lock)) }
    }

    /// Deletes all of its jobs at once.
    ///
    /// - Parameter releasingLocks: whether to read what was in it, a page at a time, for the locks of unique jobs. The set
    ///   is empty before that, and a task that is cancelled meanwhile goes on with it.
    /// - Returns: how many jobs it had.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func clear(releasingLocks: Bool = true) async throws(RedisError) -> Int {
        try await store.empty(.set(set), releasingLocks: releasingLocks)
    }

    /// Does ``retryNow(_:)`` to all jobs that are there when it begins, a page at a time.
    ///
    /// It ends early, between two pages, when its task is cancelled.
    ///
    /// - Throws: ``RedisError``; what was moved before stays moved.
    @discardableResult
    public func retryAll() async throws(RedisError) -> JobMoves {
        try await all { jobs throws(RedisError) in try await retryNow(jobs) }
    }

    /// Does ``kill(_:)`` to all jobs that are there when it begins, a page at a time.
    ///
    /// It ends early, between two pages, when its task is cancelled.
    ///
    /// - Throws: ``RedisError``; what was moved before stays moved.
    @discardableResult
    public func killAll() async throws(RedisError) -> JobMoves {
        guard set != .dead else { return JobMoves() }
        return try await all { jobs throws(RedisError) in try await kill(jobs) }
    }

    /// What fails meanwhile joins at the end of the set, and is not looked at: only so many as there were are.
    private func all(
        _ move: ([JobRecord]) async throws(RedisError) -> JobMoves
    ) async throws(RedisError) -> JobMoves {
        var moves = JobMoves()
        var left = try await size()
        while left > 0, !Task.isCancelled {
            // Those that were refused are still there, before the rest.
            let jobs = try await page(offset: moves.refused.count, limit: min(left, Self.step))
            guard !jobs.isEmpty else { break }
            moves.add(try await move(jobs))
            left -= jobs.count
        }
        return moves
    }

    private func relocate(
        _ jobs: [JobRecord], _ relocation: (JobRecord) -> Result<Relocation, JobRefusal>
    ) async throws(RedisError) -> JobMoves {
        var moves = JobMoves()
        var rest = jobs[...]
        while !rest.isEmpty, !Task.isCancelled {
            var step: [(job: JobRecord, relocation: Relocation)] = []
            for job in rest.prefix(Self.step) {
                guard job.place == place else {
                    moves.note(.refused("it was not read from this set"), of: job)
                    continue
                }
                switch relocation(job) {
                case .success(let relocation): step.append((job, relocation))
                case .failure(let refusal): moves.note(.refused(refusal.reason), of: job)
                }
            }
            rest = rest.dropFirst(Self.step)
            let verdicts = try await store.relocate(step.map(\.relocation), from: set)
            for (entry, verdict) in zip(step, verdicts) { moves.note(verdict, of: entry.job) }
        }
        return moves
    }
}
