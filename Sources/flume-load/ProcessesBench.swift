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
        for _ in 0..<processes { children.append(try spawn()) }
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
            var status: Int32 = 0
            while unsafe waitpid(child, &status, WNOHANG) == 0 { try await Task.sleep(for: .milliseconds(10)) }
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

    /// Another process of this program, that does nothing but work.
    private func spawn() throws -> pid_t {
        var arguments = [
            CommandLine.arguments[0], "--mode", "work", "--queue", bench.queue,
            "--concurrency", "\(bench.concurrency)", "--workload", bench.workload.rawValue,
        ]
        if let url = bench.url { arguments += ["--redis", url] }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
        // A task's thread blocks signals, and its child would for ever.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let status = unsafe posix_spawn(&child, "/proc/self/exe", nil, &attributes, pointers, environ)
        guard status == 0 else { throw LoadError("cannot start a worker: error \(status)") }
        return child
    }
}
