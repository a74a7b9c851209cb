public import FlumeWire

extension JobPayload {
    /// Makes the payload of a job; the push adds `jid` and the times.
    ///
    /// - Parameters:
    ///   - job: the job.
    ///   - options: in place of the type's own.
    /// - Throws: `ArgumentsError` when its arguments cannot be written.
    public init<J: Job>(_ job: J, options: JobOptions? = nil) throws {
        let options = options ?? J.options
        self.init(
            jobClass: J.jobClass, encodedArguments: try ArgumentsEncoder().encode(job), queue: options.queue,
            retry: options.retry, options: options.fields, jid: options.jid)
    }
}
