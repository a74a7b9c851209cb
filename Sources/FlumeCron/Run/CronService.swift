public import Flume
public import Logging
public import ServiceLifecycle

/// Enqueues periodic jobs when their time comes: a service beside the worker, or without one.
///
/// ```swift
/// let cron = CronService(schedule, jobs: JobClient(redis: redis), logger: logger)
/// let group = ServiceGroup(
///     services: [redis, worker, cron], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
/// try await group.run()
/// ```
///
/// Run it in as many processes as you like: each tick enqueues its job once. The mark that sees to it stands in Redis and
/// is moved in the same atomic step in which the job arrives in its queue. The clock is Redis's.
///
/// The jobs are ordinary ones and pass the client's middleware. While Redis cannot be reached the service waits for it;
/// then the ticks of that time count as missed, see ``MissedTicks``.
public final class CronService: Service, Sendable {
    /// What it enqueues.
    public let schedule: CronSchedule

    private let scheduler: CronScheduler

    /// Makes a service; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - schedule: what it enqueues.
    ///   - jobs: by what way: its Redis, namespace, middleware. The service opens a connection of its own beside it.
    ///   - logger: for what the service says, with the name of the entry in the metadata.
    public init(_ schedule: CronSchedule, jobs: JobClient, logger: Logger) {
        self.schedule = schedule
        self.scheduler = CronScheduler(schedule, jobs: jobs, logger: logger)
    }

    /// Enqueues periodic jobs until a graceful shutdown, ``stop()``, or cancellation of the calling task.
    ///
    /// It runs once; then it ends at once, whatever it is waiting for.
    public func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskExecutorPreference(scheduler.taskExecutor) { await scheduler.run() }
        } onCancelOrGracefulShutdown: { [scheduler] in
            scheduler.stop()
        }
    }

    /// Ends ``run()``, as a graceful shutdown does.
    public func stop() { scheduler.stop() }
}
