/// A pipeline was set up in a way that cannot work.
public struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The pipeline's name.
    public let pipeline: String
    /// What is wrong, and what it should be.
    public let problem: String

    /// Names the pipeline and the problem.
    public var description: String { "pipeline \(pipeline): \(problem)" }

    /// Makes an error.
    public init(pipeline: String, problem: String) {
        self.pipeline = pipeline
        self.problem = problem
    }
}
