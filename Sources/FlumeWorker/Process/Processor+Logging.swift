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

    /// The arguments, where they are to be logged.
    private func arguments(_ context: JobContext) -> Logger.Metadata {
        failures.argumentLogging.text(of: context.payload).map { [LogKeys.arguments: "\($0)"] } ?? [:]
    }
}
