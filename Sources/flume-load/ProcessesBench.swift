import FlumeRedis
import FlumeWire
import Glibc

/// How fast several worker processes empty one queue.
struct ProcessesBench {
    let bench: Bench
    let processes: Int

    func run() async throws {
        try await bench.fill(suffix: Bench.held)
        var children: [pid_t] = []
        // Only of those that were not waited for: their numbers may be others' by then.
        defer { for child in children { kill(child, SIGKILL) } }
        for _ in 0..<processes { children.append(try bench.spawn(.work)) }
        while try await bench.redis.send(RedisCommand("SCARD", "processes")).integer != processes {
            try await Task.sleep(for: .milliseconds(20))
        }
        let before = try await Usage(bench.redis, of: children)
        let start = ContinuousClock.now
        try await bench.release()
        while try await !isDrained() { try await Task.sleep(for: .milliseconds(2)) }
        let elapsed = start.duration(to: .now)
        let after = try await Usage(bench.redis, of: children)
        for child in children { kill(child, SIGTERM) }
        while let child = children.last {
            await Bench.wait(for: child)
            children.removeLast()
        }
        var sum = Usage.Sum()
        sum.add(after, since: before, jobs: bench.jobs, seconds: elapsed)
        bench.report(sum)
    }

    private func isDrained() async throws -> Bool {
        guard try await bench.queued() == 0 else { return false }
        let members = try await bench.redis.send(RedisCommand("SMEMBERS", "flume:processes")).array ?? []
        for identity in members.compactMap(\.string) {
            let key = KeySpace().inflight(identity)
            guard try await bench.redis.send(RedisCommand("HLEN", key)).integer == 0 else { return false }
        }
        return true
    }
}
