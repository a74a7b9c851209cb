import Logging

/// One line when a job starts (debug), one when it ends (info, or warning when it failed).
extension Processor {
    func logStart(_ context: JobContext) {
        guard context.logLevel <= .debug else { return }
        context.logger.debug("job started", metadata: arguments(context))
    }

    func logDone(_ context: JobContext, _ elapsed: Duration) {
        guard context.logLevel <= .info else { return }
        context.logger.info(
            "job done", metadata: arguments(context).merging([LogKeys.elapsed: "\(elapsed.milliseconds)"]) { $1 })
    }

    func log(_ ruling: FailureRule.Ruling, _ context: JobContext, _ elapsed: Duration) {
        guard context.logLevel <= ruling.logLevel else { return }
        var metadata = ruling.metadata.merging(arguments(context)) { $1 }
        metadata[LogKeys.elapsed] = "\(elapsed.milliseconds)"
        context.logger.log(level: ruling.logLevel, "\(ruling.summary)", metadata: metadata)
    }

    static func logOverdue(_ contexts: [JobContext], _ timeout: Duration) {
        for context in contexts {
            context.logger.warning(
                "job has run into its timeout and is cancelled", metadata: [LogKeys.reason: "\(timeout)"])
        }
    }

    /// Nobody can end it from outside, so it has to be told whose code it is.
    func logStuck(_ contexts: [JobContext], _ timeout: Duration) {
        for context in contexts {
            context.logger.error(
                """
                job goes on although it was cancelled, and keeps its slot until it returns; have its handler check \
                Task.isCancelled, and do what blocks elsewhere
                """,
                metadata: arguments(context).merging([LogKeys.reason: "\(timeout + HandlerTimer.grace)"]) { $1 })
        }
    }

    /// The arguments, where they are to be logged.
    private func arguments(_ context: JobContext) -> Logger.Metadata {
        failures.argumentLogging.text(of: context.payload).map { [LogKeys.arguments: "\($0)"] } ?? [:]
    }
}
