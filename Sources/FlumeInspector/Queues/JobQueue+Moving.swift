public import FlumeRedis
import FlumeStore
import FlumeWire

extension JobQueue {
    /// How many jobs one call of the script looks at.
    private static let step = 500
    /// By how much two of these overlap, for what leaves in between.
    private static let overlap = 50

    /// Deletes jobs, and releases the locks of unique ones.
    ///
    /// Redis can take a job out of the middle of a list only by looking at all before it. So in the depth of a long queue
    /// the newest job takes the place of a deleted one, and runs a little sooner than it would have.
    ///
    /// - Parameter jobs: of this queue, as they were read.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func delete(_ jobs: [JobRecord]) async throws(RedisError) -> JobMoves {
        try await take(jobs) { .success(Relocation($0.bytes, to: .nowhere, releasing: $0.lock)) }
    }

    /// Puts jobs into the dead set as they are, and releases the locks of unique ones.
    ///
    /// Death hooks are the workers', and are not called.
    ///
    /// - Parameter jobs: of this queue, as they were read.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func kill(_ jobs: [JobRecord]) async throws(RedisError) -> JobMoves {
        try await take(jobs) { .success(Relocation($0.bytes, to: .dead(payload: $0.bytes), releasing: $0.lock)) }
    }

    /// Puts jobs into another queue, where they run last.
    ///
    /// Their bytes stay as they are but for `queue`, which says where a retry goes.
    ///
    /// - Parameters:
    ///   - jobs: of this queue, as they were read.
    ///   - queue: the other queue's bare name.
    /// - Returns: what became of them.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func move(_ jobs: [JobRecord], to queue: String) async throws(RedisError) -> JobMoves {
        try await take(jobs) { job in
            guard !queue.isEmpty else { return .failure("a queue needs a name") }
            guard !queue.isExactly(name) else { return .failure("it is in that queue already") }
            return .success(Relocation(job.bytes, to: .queue(queue, payload: job.bytes(movedTo: queue), isNext: false)))
        }
    }

    /// Deletes all of its jobs at once.
    ///
    /// - Parameter releasingLocks: whether to read what was in it, a page at a time, for the locks of unique jobs. The queue
    ///   is empty before that, and a task that is cancelled meanwhile goes on with it.
    /// - Returns: how many jobs it had.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func clear(releasingLocks: Bool = true) async throws(RedisError) -> Int {
        try await store.empty(.queue(name, isRemoved: false), releasingLocks: releasingLocks)
    }

    /// Deletes all of its jobs at once, and takes it off the list of queues: Sidekiq's `clear`.
    ///
    /// The next push puts it on the list again.
    ///
    /// - Parameter releasingLocks: as in ``clear(releasingLocks:)``.
    /// - Returns: how many jobs it had.
    /// - Throws: ``RedisError``.
    @discardableResult
    public func remove(releasingLocks: Bool = true) async throws(RedisError) -> Int {
        try await store.empty(.queue(name, isRemoved: true), releasingLocks: releasingLocks)
    }

    private func take(
        _ jobs: [JobRecord], _ relocation: (JobRecord) -> Result<Relocation, JobRefusal>
    ) async throws(RedisError) -> JobMoves {
        var moves = JobMoves()
        for job in jobs {
            guard !Task.isCancelled else { break }
            guard job.place == .queue(name) else {
                moves.note(.refused("it was not read from this queue"), of: job)
                continue
            }
            switch relocation(job) {
            case .success(let relocation): moves.note(try await take(relocation, at: job.position), of: job)
            case .failure(let refusal): moves.note(.refused(refusal.reason), of: job)
            }
        }
        return moves
    }

    /// Looks where the job was, and then everywhere.
    private func take(
        _ relocation: Relocation, at position: JobRecord.Position?
    ) async throws(RedisError) -> RelocationVerdict {
        if let position, position.index > Self.step {
            let length = try await size()
            // What was pushed since has moved it on; what was taken has not.
            let first = position.index + min(0, length - position.length) - Self.overlap
            let found = try await store.take(relocation, from: name, first: max(0, first), count: Self.step)
            if found.verdict != .gone { return found.verdict }
        }
        var first = 0
        while true {
            let found = try await store.take(relocation, from: name, first: first, count: Self.step)
            guard found.verdict == .gone, first + Self.step < found.length else { return found.verdict }
            first += Self.step - Self.overlap
        }
    }
}

/// Why a job cannot be moved.
struct JobRefusal: Error, ExpressibleByStringLiteral {
    let reason: String

    init(stringLiteral reason: String) { self.reason = reason }
}

extension JobRecord {
    /// The bytes for another queue.
    fileprivate func bytes(movedTo queue: String) -> [UInt8] {
        guard var payload, payload.queue != nil else { return bytes }
        payload.set("queue", to: .string(queue))
        return payload.bytes
    }
}
