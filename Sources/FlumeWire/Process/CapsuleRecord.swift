/// A pipeline as `info.capsules` shows it.
package struct CapsuleRecord: Sendable, Hashable {
    /// How the order of its queues is chosen.
    package enum Mode: String, Sendable, Hashable {
        case strict, weighted, random
    }

    /// A queue and its weight; 0 for unweighted.
    package struct Queue: Sendable, Hashable {
        package var name: String
        package var weight: Int

        package init(name: String, weight: Int = 0) {
            self.name = name
            self.weight = weight
        }
    }

    package var name: String
    package var concurrency: Int
    package var mode: Mode
    package var queues: [Queue]

    package init(name: String, concurrency: Int, mode: Mode, queues: [Queue]) {
        self.name = name
        self.concurrency = concurrency
        self.mode = mode
        self.queues = queues
    }

    var weights: JSONObject {
        JSONObject(queues.map { .init(key: $0.name, value: .int($0.weight)) })
    }

    var json: JSONValue {
        ["concurrency": .int(concurrency), "mode": .string(mode.rawValue), "weights": .object(weights)]
    }
}
