public import Flume
public import FlumeWire

/// How a worker works, besides its handlers and pipelines.
///
/// Every setting has Sidekiq's default where Sidekiq has one.
public struct WorkerConfiguration: Sendable {
    /// Put before every key with a colon, as redis-namespace did for Sidekiq 6; empty for none.
    public var namespace = ""
    /// How long running jobs may take to end once the worker is told to stop.
    ///
    /// Sidekiq's `timeout`.
    public var shutdownTimeout: Duration = .seconds(25)
    /// Retries of a job whose `retry` is `true`.
    ///
    /// Sidekiq's `max_retries`.
    public var maximumRetries = 25
    /// How many dead jobs are kept.
    ///
    /// Sidekiq's `dead_max_jobs`.
    public var deadSetMaximumJobs = 10_000
    /// How long a dead job is kept.
    ///
    /// Sidekiq's `dead_timeout_in_seconds`.
    public var deadSetTimeout: Duration = .seconds(180 * 24 * 3600)
    /// What happens to a job whose class has no handler.
    public var unknownClass: UnknownClassPolicy = .retry
    /// What a payload may be at most.
    ///
    /// What is larger or deeper goes to the dead set unread.
    public var payloadLimits: PayloadLimits = .default
    /// Called for every job that dies, after its handler's own hooks.
    ///
    /// A shutdown waits for them within ``shutdownTimeout``.
    public var deathHooks: [DeathHook] = []

    /// Code around every push of ``JobContext/jobs``, the outermost first.
    public var clientMiddleware: [any ClientMiddleware] = []

    /// How often the Web UI's Busy page is written and signals from it are read.
    public var heartbeatInterval: Duration = .seconds(10)
    /// How long the process counts as alive without a sign of life.
    ///
    /// Its jobs are recovered usually about two of these after its death, and within three. Less than 100 ms makes
    /// ``Worker/run()`` throw ``PipelineError``.
    public var leaseDuration: Duration = .seconds(10)
    /// A job that was in flight in so many processes when they died goes to the dead set.
    ///
    /// If several jobs of a dead process are at this limit, any of them may have killed it: they run again further and
    /// further apart, for three more deaths at most, until one of them is alone. With 1 none of them runs again.
    public var poisonLimit = 3
    /// How long the poller of `schedule` and `retry` sleeps at most.
    public var pollInterval: Duration = .milliseconds(75)

    /// The layout of the keys behind the Web UI's Metrics page: that of the Sidekiq whose UI is mounted.
    public var metricsLayout: MetricsLayout = .sidekiq8
    /// The form of time stamps that a payload has no example of.
    ///
    /// Sidekiq 8 alone reads milliseconds.
    public var timestampUnit: Timestamp.Unit = .floatSeconds

    /// Whether nodes of Exq run jobs of the same queues.
    ///
    /// What waits for a time then keeps `enqueued_at`, which Exq needs and Sidekiq does not, and the times that Flume
    /// writes are seconds, also in jobs of Sidekiq 8; see `JobClient.sharingWithExq()`.
    public var sharesWithExq = false

    /// The `tag` shown beside the process in the Web UI.
    public var tag = ""
    /// The `labels` shown beside the process in the Web UI.
    public var labels: [String] = []
    /// The host name in the process's identity; by default `DYNO` from the environment, else the host's.
    ///
    /// Exq's `node_identifier`, without its trap: the number of the process and a random part follow, so two processes of
    /// one name have identities and in-flight records of their own, and neither takes the other's jobs.
    public var hostname: String?
    /// Whether counters and timers are reported to swift-metrics.
    public var reportsMetrics = true
    /// What of jobs' arguments is logged; nothing unless it says so.
    public var argumentLogging: ArgumentLogging = .never
    /// Told of everything that happens; several workers and clients may share one.
    public var events = EventBus()

    /// Which signals of the operating system the worker listens to while it runs.
    ///
    /// TSTP quiets, TERM and INT stop, a second TERM or INT exits at once, TTIN logs what is running. The default leaves the
    /// first TERM or INT to the `ServiceGroup` around it; a worker that runs on its own wants `.all`.
    public var signals: SignalHandling = .besideServiceGroup
    /// Whether the process exits, with status 1, when handlers ignore their cancellation at the end of a shutdown.
    ///
    /// Their jobs are back in their queues by then, but a Swift task cannot be killed: without this, `run()` returns while
    /// they still run.
    public var exitsWhenStuck = false

    /// The host's clock in microseconds since 1970, which tests make wrong.
    var hostMicroseconds: @Sendable () -> Int64 = WallClock.realtime

    /// Makes the default configuration.
    public init() {}
}

/// Which signals of the operating system a worker listens to.
public enum SignalHandling: Sendable, Hashable {
    /// None.
    case none
    /// What a `ServiceGroup` does not know: TSTP, TTIN, and a second TERM or INT.
    ///
    /// Whoever listens to the first TERM, or leaves it to the system, goes on doing so.
    case besideServiceGroup
    /// TERM, INT, TSTP and TTIN.
    case all
}
