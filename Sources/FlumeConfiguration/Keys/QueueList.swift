import FlumeWorker

/// Queues with weights in all the forms that Sidekiq's files have.
///
/// `[a, b]`, `[[a, 3], [b, 1]]`, `["a,3", "b,1"]`, `{a: 3, b: 1}`, and a single name.
struct QueueList {
    var queues: [Pipeline.Queue] = []
    /// Names that were there twice, where that is allowed.
    var repeated: [String] = []

    /// More than this is a mistake: each unit of weight is a ticket in a draw.
    private static let greatestWeight = 10_000

    /// Reads the queues; in the Ruby way names may be symbols and be there twice, as Sidekiq has it.
    init(_ source: Source, isRubyWay: Bool = false) throws(ConfigurationError) {
        switch source.content {
        case .list(let items):
            for item in items { try add(item, isRubyWay) }
        case .mapping(let entries):
            for entry in entries {
                let name = isRubyWay ? entry.key.withoutColon : entry.key
                try add(name, weight: try Self.weight(entry.value), at: entry.value, isRubyWay)
            }
        case .scalar(let text, _) where source.line == nil:
            // In the environment and in a line of text: "critical:3 default:1", or with commas in between.
            for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
                let pieces = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                var weight = source
                weight.content = .scalar(pieces.count > 1 ? String(pieces[1]) : "0", isQuoted: false)
                try add(String(pieces[0]), weight: try Self.weight(weight), at: source, isRubyWay)
            }
        case .scalar:
            try add(source, isRubyWay)
        case .nothing:
            throw source.expected("a list of queues")
        }
        guard !queues.isEmpty else { throw source.expected("at least one queue") }
    }

    private mutating func add(_ item: Source, _ isRubyWay: Bool) throws(ConfigurationError) {
        if case .list(let pair) = item.content {
            guard let name = pair.first, pair.count <= 2 else {
                throw item.problem("a queue is its name, or [name, weight]")
            }
            let weight = pair.count > 1 ? try Self.weight(pair[1]) : 0
            let text = try name.text()
            return try add(isRubyWay ? text.withoutColon : text, weight: weight, at: item, isRubyWay)
        }
        guard case .scalar = item.content else { throw item.expected("a queue: its name, or [name, weight]") }
        let text = try item.text()
        let pieces = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        let name = isRubyWay ? pieces[0].trimmed.withoutColon : pieces[0].trimmed
        var weight = item
        weight.content = .scalar(pieces.count > 1 ? pieces[1].trimmed : "0", isQuoted: false)
        try add(name, weight: try Self.weight(weight), at: item, isRubyWay)
    }

    private mutating func add(
        _ name: String, weight: Int, at place: Source, _ isRubyWay: Bool
    ) throws(ConfigurationError) {
        guard !name.isEmpty else { throw place.problem("the name of a queue is empty") }
        guard let index = queues.firstIndex(where: { $0.name == name }) else {
            return queues.append(Pipeline.Queue(name, weight: weight))
        }
        guard isRubyWay else { throw place.problem("the queue \(name) is there twice") }
        // As in Sidekiq since 7.0: the last weight counts.
        queues[index].weight = weight
        repeated.append(name)
    }

    private static func weight(_ source: Source) throws(ConfigurationError) -> Int {
        try source.integer(in: 0...greatestWeight)
    }
}

extension StringProtocol {
    /// A Ruby symbol as YAML writes it, without its colon.
    var withoutColon: String { String(first == ":" ? dropFirst() : self[...]) }
}
