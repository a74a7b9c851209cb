public import Flume

/// Code that performs jobs of one type, with whatever it depends on as its properties.
///
/// One instance serves all jobs of the type, many at a time.
public protocol JobHandler: Sendable {
    /// The type of job it performs.
    associatedtype Arguments: Job

    /// Performs a job.
    ///
    /// Returning means it is done. Throwing fails it: it is retried as its options and Sidekiq's formula say, and after
    /// that goes to the dead set. At shutdown the task is cancelled when the worker's patience ends, after the job was
    /// put back at the front of its queue; whatever this does then, the job will run again.
    ///
    /// - Parameters:
    ///   - job: the decoded arguments.
    ///   - context: the job's payload, queue, attempt, logger.
    /// - Throws: any error to fail the job, or a ``JobDirective``.
    func perform(_ job: Arguments, context: JobContext) async throws
}
