import FlumeStore
import FlumeWire

/// The periodic jobs of an application.
///
/// ```swift
/// let schedule = try CronSchedule([
///     CronEntry("nightly report", "0 3 * * * Europe/Berlin", job: Report(kind: "daily")),
///     CronEntry("clean up", "*/10 * * * *", payload: JobPayload(jobClass: "CleanUpJob")),
/// ])
/// ```
///
/// Processes that run the same schedule share its ticks. When a schedule of the same name but with other entries is
/// started, as in a deployment, it takes the place of the one before; the older processes then rest. Applications that
/// share a Redis and have schedules of their own give them different names.
public struct CronSchedule: Sendable, Hashable {
    /// What tells it from other schedules on the same Redis.
    public let name: String
    /// The periodic jobs, each name once.
    public let entries: [CronEntry]

    /// Makes a schedule.
    ///
    /// - Parameters:
    ///   - entries: the periodic jobs.
    ///   - name: what tells it from other schedules on the same Redis: letters, digits, `-`, `_` and `.`.
    /// - Throws: ``CronError`` when two entries have one name, or the name is none.
    public init(_ entries: [CronEntry], name: String = "default") throws(CronError) {
        // It is a part of keys, where a colon would make it another key.
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) else {
            throw CronError(
                field: "name",
                message: "found \"\(name)\", expected a name of letters, digits, -, _ and . for a schedule")
        }
        var names: Set<String> = []
        for entry in entries where !names.insert(entry.name).inserted {
            throw CronError(field: "name", message: "there are two entries named \"\(entry.name)\"")
        }
        self.name = name
        self.entries = entries
    }

    /// The same for the same entries, in every process.
    var digest: String {
        // FNV-1a: it has to tell schedules apart, not to resist anybody.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for definition in entries.map(\.definition).sorted(by: { $0.name < $1.name }) {
            // A dictionary among the arguments is written in another order by each process.
            let json = (try? JSONValue(parsing: definition.json))?.sorted.json ?? definition.json
            for byte in Array(definition.name.utf8) + [0] + json + [0] {
                hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        }
        return String(hash, radix: 16)
    }
}
