package import Flume
public import FlumeWire
package import Logging

extension JobContext {
    /// The same job with another payload: for a middleware that decrypts or changes what the handler reads.
    ///
    /// ```swift
    /// try await next(context.replacingPayload(with: decrypted))
    /// ```
    ///
    /// What is written to Redis is made of the original, whatever the handler gets: a retry has the producer's arguments.
    public func replacingPayload(with payload: JobPayload) -> JobContext {
        var context = self
        context.payload = payload
        return context
    }

    /// Makes up a context outside of a worker.
    package init(_ payload: JobPayload, queue: String, jobs: JobClient, logger: Logger) {
        self.init(
            payload: payload, queue: queue, jobClass: payload.handlerName ?? "",
            environment: Environment(jobs: jobs, logger: logger))
    }
}
