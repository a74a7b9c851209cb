/// What a process pauses for itself alone: the field ``field`` of its identity hash, which no Sidekiq reads.
package struct PauseRecord: Sendable, Hashable {
    /// The field's name.
    package static let field = "flume_pauses"

    /// Whether it pauses every pipeline.
    package var all: Bool
    /// The pipelines it pauses by name.
    package var pipelines: [String]
    /// The queues it pauses.
    package var queues: [String]

    /// Describes pauses; by default none.
    package init(all: Bool = false, pipelines: [String] = [], queues: [String] = []) {
        self.all = all
        self.pipelines = pipelines
        self.queues = queues
    }

    /// Reads the stored form; what is missing or strange counts as no pause.
    package init(json: [UInt8]) {
        let value = (try? JSONValue(parsing: json)) ?? .null
        self.init(
            all: value["all"] == true, pipelines: value["pipelines"]?.array?.compactMap(\.string) ?? [],
            queues: value["queues"]?.array?.compactMap(\.string) ?? [])
    }

    /// The stored form.
    package var json: [UInt8] {
        var object = JSONObject()
        object["all"] = .bool(all)
        object["pipelines"] = .array(pipelines.map { .string($0) })
        object["queues"] = .array(queues.map { .string($0) })
        return JSONValue.object(object).json
    }
}
