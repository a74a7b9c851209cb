import FlumeWire

/// What a process told of a job it runs.
struct WorkReading {
    var queue: String
    var payload: [UInt8]
    var since: Double?
    /// Exq tells the process of its virtual machine.
    var isExq: Bool

    /// Reads a work record: the payload is JSON inside JSON; old Sidekiqs and Exq nest it as an object.
    init?(_ record: [UInt8]) {
        guard let value = try? JSONValue(parsing: record), value.object != nil else { return nil }
        queue = value["queue"]?.string ?? ""
        payload = value["payload"]?.string.map { Array($0.utf8) } ?? value["payload"]?.json ?? []
        since = value["run_at"].flatMap { Timestamp(json: $0.json[...]) }?.seconds
        isExq = value["pid"]?.string != nil
    }
}
