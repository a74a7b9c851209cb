extension WorkerHealth {
    /// Why a check fails.
    ///
    /// A worker is live as long as its loops move, Redis has said something within the limits, and no pipeline has all of its
    /// slots held by jobs that ignore their cancellation. It is ready when it is live, fetches, holds its lease, and Redis took
    /// the last renewal of it. A paused pipeline is as ready as any.
    ///
    /// - Parameters:
    ///   - probe: what is asked.
    ///   - limits: from when on it counts as dead.
    /// - Returns: the reasons; none when all is well.
    public func problems(for probe: HealthProbe, limits: HealthLimits = .init()) -> [HealthProblem] {
        let deaths = deaths(limits)
        return probe == .live ? deaths : deaths + obstacles
    }

    private func deaths(_ limits: HealthLimits) -> [HealthProblem] {
        var problems: [HealthProblem] = []
        if stage == .ended {
            problems.append(
                .init(check: "worker", message: "run() has returned and takes no more jobs; restart the process"))
        }
        if let redis, redis.silence > limits.silence {
            let message =
                "no answer for \(redis.silence.text), the limit is \(limits.silence.text); "
                + "see whether Redis is up and this host reaches it"
            problems.append(.init(check: "redis", message: message))
        }
        for loop in loops where loop.overdue > limits.stall {
            let message =
                "has not moved for \(loop.stillFor.text), the limit is \(limits.stall.text); something blocks its "
                + "thread, such as a closure of a limit or a batch that waits; restart the process"
            problems.append(.init(check: "loop \(loop.name)", message: message))
        }
        for pipeline in pipelines {
            guard let age = pipeline.blockedFor, age > limits.stall else { continue }
            let message =
                "all of its \(pipeline.concurrency) slots have been held for \(age.text) by jobs that ignore their "
                + "cancellation after a timeout, the limit is \(limits.stall.text); restart the process, and have "
                + "their handlers check Task.isCancelled"
            problems.append(.init(check: "pipeline \(pipeline.name)", message: message))
        }
        return problems
    }

    private var obstacles: [HealthProblem] {
        var problems: [HealthProblem] = []
        switch stage {
        case .running, .ended: break
        case .starting: problems.append(.init(check: "worker", message: "it is starting and does not fetch yet; wait"))
        case .quiet:
            problems.append(.init(check: "worker", message: "it was told to be quiet and fetches no more; restart it"))
        case .stopping: problems.append(.init(check: "worker", message: "it is stopping; another one takes its place"))
        }
        guard stage < .stopping else { return problems }
        if let redis, let trouble = redis.trouble {
            let message =
                "not usable for \(redis.troubleAge.text): \(trouble); the worker goes on as soon as Redis does"
            problems.append(.init(check: "redis", message: message))
        }
        if let lease, !lease.isHeld {
            let since = lease.age.map { "not renewed for \($0.text)" } ?? "not taken yet"
            let message = "\(since), it holds for \(lease.duration.text); the worker takes it again by itself"
            problems.append(.init(check: "lease", message: message))
        }
        return problems
    }
}

extension WorkerHealth.Stage: Comparable {
    private var order: Int {
        switch self {
        case .starting: 0
        case .running: 1
        case .quiet: 2
        case .stopping: 3
        case .ended: 4
        }
    }

    /// Whether it comes before the other one.
    public static func < (left: Self, right: Self) -> Bool { left.order < right.order }
}

extension Duration {
    /// For people: `12.3 s`.
    fileprivate var text: String { "\((seconds * 10).rounded() / 10) s" }
}
