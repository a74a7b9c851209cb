/// One fault and what has to be true after it.
///
/// # How to add a scenario
///
/// 1. Make a type in `Tests/FaultLab/Scenarios`, one file each, and list it in ``Scenarios/all``.
/// 2. In ``run(in:)`` start processes with ``Lab/startWorker(_:_:)`` and ``Lab/startProducer(_:)``, wait for what the ledger
///    or Redis says with `eventually` (never sleep for luck), and bring the fault about. Tell the lab of each fault with
///    ``Lab/record(_:)`` *before* it happens: it is what the bound on duplicates is made of. ``Lab/kill(_:)``,
///    ``Lab/suspend(_:)`` and ``Lab/stop(_:)`` do so themselves.
/// 3. Call ``Lab/drain(within:)`` until everything has run, and return. The lab then stops all processes, reads Redis and all
///    ledgers, checks the eight invariants, and makes the line of the table. Whatever else has to hold goes into
///    ``Lab/expect(_:_:)``. What is thrown is a failure too.
/// 4. Take every random choice from ``Lab/random(in:)``: then the seed replays it.
///
/// The short form is for every change: seconds, with a lease of 2 s (``Lab/lease``), because recovery takes two to three
/// leases whatever their length. The long form has the product's own lease. Each scenario has a Redis of its own, so scenarios
/// that mostly wait say ``isMostlyWaiting`` and run side by side.
protocol Scenario: Sendable {
    /// `F1`, as in the catalogue.
    var number: String { get }
    /// A few words for the table.
    var name: String { get }
    /// Whether it may run beside others, because it takes little of the processors.
    var isMostlyWaiting: Bool { get }
    /// Whether it can be graded with Ruby's Sidekiq as the worker.
    var canRunRuby: Bool { get }
    /// Further arguments of its redis-server.
    var redisArguments: [String] { get }
    /// Whether its redis-server listens on TCP too, for clients of Ruby and for proxies.
    var needsTCP: Bool { get }
    /// Whether the clock of its redis-server can be moved; see ``Lab/redisClock``.
    var movesRedisClock: Bool { get }
    /// How long it may take before it counts as hung.
    func timeLimit(_ form: Form) -> Duration

    /// Brings the fault about and heals it.
    ///
    /// - Throws: anything, which fails the scenario.
    func run(in lab: Lab) async throws
}

/// How thorough a run of the lab is.
enum Form: Sendable {
    case short
    case long
}

extension Scenario {
    var isMostlyWaiting: Bool { true }
    var canRunRuby: Bool { false }
    var redisArguments: [String] { [] }
    var needsTCP: Bool { false }
    var movesRedisClock: Bool { false }

    func timeLimit(_ form: Form) -> Duration { form == .short ? .seconds(120) : .seconds(1800) }
}

/// The catalogue.
enum Scenarios {
    /// In the order of the table.
    static let all: [any Scenario] = [
        KillWorkers(),
        StopWorkers(),
        SuspendWorker(),
        RestartRedis(),
        LoadRedis(),
        FailOver(),
        LoseReplies(),
        FallSilent(),
        FillMemory(),
        FlushScripts(),
        BecomeReplica(),
        JumpClocks(),
        HangingJobs(),
        CrashingJobs(),
        PoisonQueue(),
        HugePayloads(),
        MixedFleet(),
        CrashPoints(),
        DyingScheduler(),
    ]
}
