package import FlumeRedis
import FlumeWire

/// A part of a queue.
package struct QueuePage: Sendable {
    /// The length of the queue when it was read.
    package let length: Int
    /// The place of the first job that was read; 0 is the newest.
    package let first: Int
    /// How many were read, those included that do not fit; fewer than were asked for also where they are large.
    package let count: Int
    /// Those that fit, the newest first.
    package let jobs: [(place: Int, bytes: [UInt8])]
    /// Whether nothing comes after it.
    package var isLast: Bool { count == 0 || first + count >= length }
}

/// A member of a sorted set.
package struct ScoredMember: Sendable, Hashable {
    package let bytes: [UInt8]
    /// Seconds since 1970; infinite ones occur.
    package let score: Double
}

extension JobStore {
    private static let walkScript = RedisScript(name: "walk", source: PackageResources.walk_lua)
    private static let rangeScript = RedisScript(name: "range", source: PackageResources.range_lua)

    /// Reads a part of a queue, or goes on where an earlier part ended.
    ///
    /// - Parameters:
    ///   - queue: its bare name.
    ///   - first: the first place to read, as of when the queue had the length `length`.
    ///   - length: `nil` to read just there, however the queue has changed.
    ///   - count: how many jobs to read at most.
    ///   - text: what a job has to contain; empty for all.
    /// - Returns: the part, and where it was.
    /// - Throws: when Redis did not answer.
    package func walk(
        _ queue: String, from first: Int, of length: Int? = nil, count: Int, containing text: String = ""
    ) async throws(RedisError) -> QueuePage {
        let reply = try await redis.evaluate(Self.walkScript, keys: [keys.queue(queue)]) { command in
            command.append(first)
            command.append(length ?? -1)
            command.append(count)
            command.append(text)
        }
        guard case .array(let parts) = reply, parts.count >= 3, let length = parts[0].integer,
            let first = parts[1].integer, let count = parts[2].integer
        else { throw RedisError.unexpectedReply(to: "walk.lua", reply) }
        let jobs = stride(from: 3, to: parts.count - 1, by: 2).compactMap { at -> (place: Int, bytes: [UInt8])? in
            guard let place = parts[at].integer, let bytes = parts[at + 1].bytes else { return nil }
            return (place, bytes)
        }
        return QueuePage(length: length, first: first, count: count, jobs: jobs)
    }

    /// A page of a sorted set by time.
    package func page(
        of set: StoredSet, from first: Int, count: Int, newestFirst: Bool
    ) async throws(RedisError) -> [ScoredMember] {
        try await page(of: set, count: count) { script, read in
            script.append(first + read)
            script.append(count - read)
            script.append(newestFirst ? "newest" : "oldest")
        }
    }

    /// The members of one score, in pages.
    package func page(
        of set: StoredSet, score: Double, from first: Int, count: Int
    ) async throws(RedisError) -> [ScoredMember] {
        try await page(of: set, count: count) { script, read in
            script.append(first + read)
            script.append(count - read)
            script.append("score")
            script.append(score)
        }
    }

    /// Large members come in several parts, so that no reply is larger than one may be.
    private func page(
        of set: StoredSet, count: Int, arguments: (_ script: inout RedisCommand, _ read: Int) -> Void
    ) async throws(RedisError) -> [ScoredMember] {
        var all: [ScoredMember] = []
        while true {
            let reply = try await redis.evaluate(Self.rangeScript, keys: [key(of: set)]) { arguments(&$0, all.count) }
            guard case .array(let parts) = reply, parts.count == 2, let hasMore = parts[0].integer else {
                throw RedisError.unexpectedReply(to: "range.lua", reply)
            }
            let members = Self.members(parts[1])
            all += members
            guard hasMore == 1, !members.isEmpty, all.count < count else { return all }
        }
    }

    /// A part of a sorted set in no order, for going through all of it.
    ///
    /// - Parameters:
    ///   - set: which one.
    ///   - cursor: `0` to begin, then what came back, until that is `0`.
    ///   - count: about how many to look at.
    ///   - pattern: what a member has to match, as KEYS would have it; `nil` for all.
    /// - Returns: the next cursor, and the members.
    /// - Throws: when Redis did not answer.
    package func scan(
        _ set: StoredSet, cursor: String, count: Int, matching pattern: String?
    ) async throws(RedisError) -> (cursor: String, members: [ScoredMember]) {
        var command = RedisCommand("ZSCAN", key(of: set), cursor, "COUNT", String(count))
        if let pattern {
            command.append("MATCH")
            command.append(pattern)
        }
        let reply = try await redis.send(command)
        guard case .array(let parts) = reply, parts.count == 2, let next = parts[0].string else {
            throw RedisError.unexpectedReply(to: "ZSCAN", reply)
        }
        return (next, Self.members(parts[1]))
    }

    /// How many jobs are in a queue.
    package func length(of queue: String) async throws(RedisError) -> Int {
        try await redis.send(RedisCommand("LLEN", keys.queue(queue))).integer ?? 0
    }

    /// How many jobs are in a sorted set.
    package func length(of set: StoredSet) async throws(RedisError) -> Int {
        try await redis.send(RedisCommand("ZCARD", key(of: set))).integer ?? 0
    }

    private static func members(_ reply: RedisReply) -> [ScoredMember] {
        let parts = reply.array ?? []
        return stride(from: 0, to: parts.count - 1, by: 2).compactMap { at in
            guard let bytes = parts[at].bytes, let score = parts[at + 1].double else { return nil }
            return ScoredMember(bytes: bytes, score: score)
        }
    }
}
