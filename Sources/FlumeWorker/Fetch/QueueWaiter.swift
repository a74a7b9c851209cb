import FlumeRedis
import FlumeStore
import NIOCore
import Synchronization

/// Waits on one empty queue, on a connection of its own, and rings when there is a job.
///
/// `BLMOVE q q RIGHT RIGHT` blocks until the list has an element and then moves the oldest one to where it is: nothing
/// leaves the queue, so nothing can be lost, and a Ruby `BRPOP` waiting beside it still gets its job.
actor QueueWaiter {
    /// How long one blocking command waits in Redis before it is asked again.
    private static let blockSeconds = 5
    /// How often to look by fetching when Redis refuses to block: `BLMOVE` counts as a write that needs memory.
    private static let pollInterval = Duration.milliseconds(100)

    private let queue: QueueKey
    private let redis: RedisClient
    private let work: Bell
    private let armed: Bell
    private let isStopped = Atomic(false)
    private let executor: any SerialExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - queue: the queue to wait on.
    ///   - redis: a connection for this waiter alone.
    ///   - work: rung when the queue has a job, or may have one.
    init(queue: QueueKey, redis: RedisClient, work: Bell) {
        self.queue = queue
        self.redis = redis
        self.work = work
        self.armed = Bell(on: redis.eventLoop)
        self.executor = redis.eventLoop.executor
    }

    /// Asks for one ring when the queue has a job.
    ///
    /// Asking again before that changes nothing.
    nonisolated func arm() { armed.ring() }

    /// Waits no more; ``run()`` returns when the command under way has ended.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        armed.ring()
    }

    /// Closes its connection, which ends the command under way.
    func disconnect() async { await redis.close() }

    /// Waits whenever it is armed, until it is stopped.
    func run() async {
        while !isStopped.load(ordering: .acquiring) {
            await armed.wait()
            await waitForJob()
            work.ring()
        }
    }

    private func waitForJob() async {
        var command = RedisCommand("BLMOVE", queue.key, queue.key, "RIGHT", "RIGHT", String(Self.blockSeconds))
        command.timeout = .seconds(2 * Self.blockSeconds)
        while !isStopped.load(ordering: .acquiring) {
            do throws(RedisError) {
                if try await !redis.send(command).isNull { return }
            } catch {
                // Out of memory, no list, a failover, no connection: the fetch will say what is wrong.
                _ = await armed.wait(atMost: Self.pollInterval)
                return
            }
        }
    }
}
