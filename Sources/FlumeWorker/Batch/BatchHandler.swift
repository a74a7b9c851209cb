public import Flume

/// Code that performs jobs of one type many at a time, with whatever it depends on as its properties.
///
/// How many, and how long the first of them waits for the others, is the pipeline's business:
/// ``Pipeline/batching(size:timeout:by:)``. In a pipeline without it each batch has one job.
public protocol BatchHandler: Sendable {
    /// The type of job it performs.
    associatedtype Arguments: Job

    /// Performs the jobs of a batch.
    ///
    /// Each job is settled by its own result. Throwing fails all of them, each of which is then retried as a single job;
    /// a ``JobDirective`` is obeyed for each. A job whose arguments do not fit the type is not in the batch: it fails by
    /// itself.
    ///
    /// - Parameter batch: one job or more.
    /// - Returns: one result for each job, in the order of the batch; ``JobBatch/allDone`` when all is well. Any other
    ///   number fails all of them with ``JobResultCountError``.
    /// - Throws: any error to fail all jobs, or a ``JobDirective`` for all.
    func perform(_ batch: JobBatch<Arguments>) async throws -> [JobResult]
}
