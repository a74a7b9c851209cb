import Foundation
import Glibc
import TestSupport

/// How a scenario wants a worker process.
struct WorkerOptions: Sendable {
    var concurrency = 10
    /// Recovery follows within three of these.
    ///
    /// The short form takes 2 s in place of the product's 10 s; see ``Lab/lease``.
    var lease: Double?
    var queues = "default"
    /// How many LabLimited jobs may run in all processes together; 0: the pipeline has no limit, and waits in Redis with its
    /// fetch, which one with a limit never does.
    var limited = 0
    var shutdownTimeout = 5.0
    /// Seconds a job may run.
    var timeout: Double?
    /// Deaths that make a job poison; high where the lab kills processes for other reasons.
    var poisonLimit = 1000
    /// Another way to Redis, such as through a proxy.
    var redisURL: String?
    var runtime: WorkerRuntime?
    /// Further arguments of `fault-lab worker`.
    var more: [String] = []
    /// Words before the command, such as `prlimit --as=…`.
    var prefix: [String] = []
    /// Seconds without an answer of Redis after which it is not live any more; nil: the product's own.
    var silence: Double?
    /// Whether it may end before it is ready.
    var mayDie = false
}

/// What runs the jobs.
enum WorkerRuntime: String, Sendable {
    case swift
    /// Debian's Sidekiq, whose fetch is not reliable: the lab counts what it loses.
    case ruby
}

/// A worker process of the lab.
struct LabWorker: Sendable {
    /// Its name in the ledger.
    let nonce: String
    let child: ChildProcess
    let identityFile: String
    /// The Unix socket of its health endpoint; Ruby's has none.
    var healthSocket: String?

    var identity: String? { try? String(contentsOfFile: identityFile, encoding: .utf8) }

    /// Whether it has said that others took it for dead.
    var hasLostLease: Bool { child.output.contains("was taken for dead") }

    /// Sends TERM, and KILL if it has not ended after a while.
    ///
    /// - Returns: how it ended.
    @discardableResult
    func stop(within limit: Duration = .seconds(30)) async -> ChildProcess.Exit {
        child.signal(SIGTERM)
        let insist = Task {
            try await Task.sleep(for: limit)
            child.signal(SIGKILL)
        }
        let exit = await child.exit()
        insist.cancel()
        return exit
    }
}
