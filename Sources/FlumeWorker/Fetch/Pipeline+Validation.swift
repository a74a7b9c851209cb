import FlumeWire

extension Pipeline {
    /// More tickets than this in a draw of queues is a slip of the fingers.
    private static let greatestWeight = 10_000

    /// Checks what the compiler cannot.
    ///
    /// ``Worker/run()`` does it for every pipeline before it starts anything.
    ///
    /// - Throws: ``PipelineError`` with the pipeline's name, what is wrong and what would be right.
    public func validate() throws(PipelineError) {
        if let problem = nameProblem ?? queueProblem ?? numberProblem ?? batchingProblem ?? limitProblem {
            throw PipelineError(name, problem)
        }
    }

    private var nameProblem: String? {
        name.isEmpty ? "it has no name: choose one; it is shown in the Web UI and used to pause the pipeline" : nil
    }

    private var queueProblem: String? {
        if queues.isEmpty { return "it has no queue: name at least one" }
        for queue in queues {
            if queue.name.isEmpty { return "the name of a queue is empty: leave it out, or name the queue" }
            if let owner = KeySpace.owner(ofQueue: queue.name.utf8) {
                return "the queue \(queue.name) is where \(owner): choose another name"
            }
            guard (0...Self.greatestWeight).contains(queue.weight) else {
                return "the weight \(queue.weight) of the queue \(queue.name): choose one from 0 to "
                    + "\(Self.greatestWeight)"
            }
        }
        return nil
    }

    private var numberProblem: String? {
        if concurrency < 1 { return "the concurrency is \(concurrency): choose 1 or more jobs at a time" }
        if let retries = retryRule.maximumRetries, retries < 0 {
            return "the maximum of retries is \(retries): choose 0, for none, or more"
        }
        return nil
    }

    /// What is wrong with several pipelines as those of one worker, each by itself and together.
    static func validate(_ pipelines: [Pipeline]) throws(PipelineError) {
        guard !pipelines.isEmpty else { throw PipelineError("", "a worker without pipelines runs nothing: add one") }
        var names: Set<String> = []
        for pipeline in pipelines {
            try pipeline.validate()
            guard names.insert(pipeline.name).inserted else {
                throw PipelineError(pipeline.name, "there are two pipelines of this name: rename one of them")
            }
        }
    }
}
