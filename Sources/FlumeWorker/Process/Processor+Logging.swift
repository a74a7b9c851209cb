import Logging

/// One line when a job starts (debug), one when it ends (info, or warning when it failed).
extension Processor {
    func logStart(_ context: JobContext) {
        guard logger.logLevel <= .debug else { return }
        context.logger.debug("job started")
    }

    func logDone(_ context: JobContext, _ elapsed: Duration) {
        guard logger.logLevel <= .info else { return }
        context.logger.info("job done", metadata: [LogKeys.elapsed: "\(elapsed.milliseconds)"])
    }

    func log(_ ruling: FailureRule.Ruling, _ context: JobContext, _ elapsed: Duration) {
        guard logger.logLevel <= ruling.logLevel else { return }
        var metadata = ruling.metadata
        metadata[LogKeys.elapsed] = "\(elapsed.milliseconds)"
        context.logger.log(level: ruling.logLevel, "\(ruling.summary)", metadata: metadata)
    }
}
