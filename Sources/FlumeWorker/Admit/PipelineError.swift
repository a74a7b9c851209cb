/// A pipeline cannot work as it is set up.
///
/// Thrown before anything starts.
public struct PipelineError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The name of the pipeline, or the key of a limit that stands alone.
    public let pipeline: String
    /// What is wrong, and with which value.
    public let problem: String

    init(_ pipeline: String, _ problem: String) {
        self.pipeline = pipeline
        self.problem = problem
    }

    /// Both in one sentence.
    public var description: String { "pipeline \(pipeline): \(problem)" }
}
