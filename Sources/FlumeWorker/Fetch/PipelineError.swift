/// A pipeline cannot work as it is set up.
///
/// Thrown before anything starts.
public struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the pipeline, or the key of a limit that stands alone; empty when it is about the whole worker.
    public let pipeline: String
    /// What is wrong, and what it should be.
    public let problem: String

    /// Names the pipeline and the problem.
    public var description: String { pipeline.isEmpty ? problem : "pipeline \(pipeline): \(problem)" }

    init(_ pipeline: String, _ problem: String) {
        self.init(pipeline: pipeline, problem: problem)
    }

    /// Makes an error.
    public init(pipeline: String, problem: String) {
        self.pipeline = pipeline
        self.problem = problem
    }
}
