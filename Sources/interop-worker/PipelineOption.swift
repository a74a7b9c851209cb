import FlumeWorker

/// The value of `--pipeline`: `name=ses,queue=mailers,concurrency=20,limit=400/1000ms,key=ses,batch=10/1000ms`.
struct PipelineOption: Sendable, Hashable {
    /// So many in so long.
    struct Rate: Sendable, Hashable {
        var count: Int
        var span: Duration
    }

    /// What is wrong with the text, as one sentence.
    struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        var description: String
    }

    var name: String
    var queue: String
    var concurrency = 10
    /// At most so many starts in so long.
    var limit: Rate?
    /// What the limit is shared under.
    var key: String?
    /// At most so many jobs in a batch, which waits at most so long.
    var batch: Rate?
    /// How many jobs may run in all processes together.
    var maxInCluster: Int?

    /// Reads the text.
    init(_ text: String) throws(Problem) {
        var parts: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let sign = part.firstIndex(of: "="), sign != part.startIndex else {
                throw Problem(description: "\"\(part)\" is no part=value")
            }
            let (name, value) = (String(part[..<sign]), String(part[part.index(after: sign)...]))
            guard Self.known.contains(name) else {
                throw Problem(
                    description: "there is no part \"\(name)\"; there is \(Self.known.joined(separator: ", "))")
            }
            guard !value.isEmpty else { throw Problem(description: "\(name) is empty") }
            guard parts.updateValue(value, forKey: name) == nil else {
                throw Problem(description: "\(name) is there twice")
            }
        }
        guard let name = parts["name"] else { throw Problem(description: "name is missing") }
        guard let queue = parts["queue"] else { throw Problem(description: "queue is missing") }
        self.name = name
        self.queue = queue
        concurrency =
            try parts["concurrency"].map { value throws(Problem) in try Self.number(value, "concurrency") } ?? 10
        limit = try parts["limit"].map { value throws(Problem) in try Self.rate(value, "limit") }
        key = parts["key"]
        batch = try parts["batch"].map { value throws(Problem) in try Self.rate(value, "batch") }
        maxInCluster = try parts["max-in-cluster"].map { value throws(Problem) in
            try Self.number(value, "max-in-cluster")
        }
        guard key == nil || limit != nil else { throw Problem(description: "key is of use only with limit") }
    }

    private static let known = ["name", "queue", "concurrency", "limit", "key", "batch", "max-in-cluster"]

    /// The pipeline it describes.
    var pipeline: Pipeline {
        var pipeline = Pipeline(name, queue: queue, concurrency: concurrency)
        if let limit { pipeline = pipeline.rateLimit(limit.count, per: limit.span, key: key) }
        if let maxInCluster { pipeline = pipeline.maxInCluster(maxInCluster) }
        if let batch { pipeline = pipeline.batching(size: batch.count, timeout: batch.span) }
        return pipeline
    }

    private static func number(_ text: some StringProtocol, _ part: String) throws(Problem) -> Int {
        guard let number = Int(text), number > 0 else {
            throw Problem(description: "\(part)=\(text): write a number of 1 or more")
        }
        return number
    }

    /// `400/1000ms`.
    private static func rate(_ text: String, _ part: String) throws(Problem) -> Rate {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count == 2, pieces[1].hasSuffix("ms"), let count = Int(pieces[0]), count > 0,
            let milliseconds = Int(pieces[1].dropLast(2)), milliseconds > 0
        else {
            throw Problem(description: "\(part)=\(text): write a number and a span, such as \(part)=400/1000ms")
        }
        return Rate(count: count, span: .milliseconds(milliseconds))
    }
}
