/// The metadata keys of everything a worker logs.
///
/// They are API: dashboards read them.
package enum LogKeys {
    /// The job's jid.
    package static let jid = "flume.jid"
    /// The job's class: `wrapped`, else `class`.
    package static let jobClass = "flume.class"
    /// The queue it was taken from.
    package static let queue = "flume.queue"
    /// The job's tags, if it has any.
    package static let tags = "flume.tags"
    /// The job's arguments, where ``WorkerConfiguration/argumentLogging`` says so.
    package static let arguments = "flume.args"
    /// How long it ran, in milliseconds.
    package static let elapsed = "flume.elapsed_ms"
    /// What went wrong.
    package static let error = "flume.error"
    /// How often it has failed so far.
    package static let retryCount = "flume.retry_count"
    /// In how many seconds it runs again.
    package static let delay = "flume.delay_s"
    /// The process.
    package static let identity = "flume.identity"
    /// How many of something.
    package static let count = "flume.count"
    /// The name of a limit.
    package static let limit = "flume.limit"
    /// Why.
    package static let reason = "flume.reason"
    /// The pipeline.
    package static let pipeline = "flume.pipeline"
    /// How many bytes of payload.
    package static let bytes = "flume.bytes"
    /// How long Redis took, in milliseconds.
    package static let latency = "flume.latency_ms"
    /// What a part of the worker wanted of Redis.
    package static let purpose = "flume.purpose"
    /// Whether a pause is kept in Redis.
    package static let isPermanent = "flume.permanent"
    /// The queue a job was handed to.
    package static let destination = "flume.to"
    /// How many jobs at a time.
    package static let concurrency = "flume.concurrency"
    /// A command for this process, as it came.
    package static let command = "flume.command"
    /// What is paused or resumed.
    package static let paused = "flume.paused"
    /// A key of Redis.
    package static let key = "flume.key"
    /// What a limit of the same name is in Redis.
    package static let other = "flume.other"
    /// The numbers of a limit before a change.
    package static let old = "flume.old"
    /// The numbers of a limit from now on.
    package static let new = "flume.new"
    /// The identity that a process goes on with.
    package static let successor = "flume.successor"
    /// How many jobs went to the dead set because their processes died.
    package static let poisoned = "flume.poisoned"
    /// A signal, without SIG.
    package static let signal = "flume.signal"
    /// Where a signal came from.
    package static let source = "flume.source"
    /// When a job started.
    package static let startedAt = "flume.started_at"
    /// Where health checks are answered.
    package static let address = "flume.address"
}
