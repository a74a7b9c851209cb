extension WorkerConfiguration {
    /// Checks the numbers that hold for the whole worker.
    ///
    /// - Throws: ``PipelineError`` that names the first one that cannot work.
    func validate() throws(PipelineError) {
        guard maximumRetries >= 0 else {
            throw PipelineError("", "the worker's maximum of retries is \(maximumRetries): choose 0, for none, or more")
        }
        guard poisonLimit >= 1 else {
            throw PipelineError("", "the poison limit is \(poisonLimit): choose 1 or more")
        }
        guard deadSetMaximumJobs >= 0 else {
            throw PipelineError("", "the dead set is to keep \(deadSetMaximumJobs) jobs: choose 0 or more")
        }
        guard shutdownTimeout >= .zero else {
            throw PipelineError("", "the shutdown timeout is \(shutdownTimeout): choose 0 or more")
        }
        let spans = [
            ("lease", leaseDuration, Self.shortestLease),
            ("interval of heartbeats", heartbeatInterval, .milliseconds(1)),
            ("interval of polls", pollInterval, .milliseconds(1)),
            ("time a dead job is kept", deadSetTimeout, .seconds(1)),
        ]
        for (name, span, shortest) in spans where !(shortest...Self.longest).contains(span) {
            throw PipelineError("", "the \(name) is \(span): choose \(shortest) or more, and at most a hundred years")
        }
    }

    /// It is renewed three times in each, over a network.
    private static let shortestLease = Duration.milliseconds(100)
    /// A hundred years.
    static let longest = Duration.seconds(100 * 366 * 24 * 3600)
}
