import FlumeStore
import FlumeWire

/// The running jobs as the Busy page shows them, a few megabytes at most.
///
/// Sidekiq writes each payload whole at each beat, which for a thousand jobs of a megabyte would be gigabytes a minute.
/// Here a job larger than its share of the budget is shown by class and jid, and by the size of its arguments.
struct BusyRows {
    /// How many bytes of payload a beat writes; small jobs are shown whole whatever their number.
    static let budget = 2 << 20
    /// What any job may show.
    private static let smallestShare = 1 << 10

    /// Sidekiq's thread id and the work record of each job.
    let rows: [(id: String, record: [UInt8])]

    init(of entries: [RunningJobs.Entry], limits: PayloadLimits) {
        let total = entries.reduce(0) { $0 + $1.delivery.payload.count }
        let share =
            total <= Self.budget ? Int.max : max(Self.smallestShare, Self.budget / max(1, entries.count))
        rows = entries.map { entry in
            let delivery = entry.delivery
            let payload =
                delivery.payload.count <= share ? delivery.payload : Self.outline(of: delivery, limits: limits)
            let record = WorkRecord(
                queue: delivery.queue, payload: payload, runAt: Timestamp(microseconds: entry.startedAt * 1_000_000))
            return (String(delivery.sequence, radix: 36), record.json)
        }
    }

    /// A small job that stands for a large one.
    ///
    /// It is of the wrapped class itself: pages look for more in the arguments of a wrapper.
    private static func outline(of delivery: Delivery, limits: PayloadLimits) -> [UInt8] {
        let payload = try? JobPayload(parsing: delivery.payload, limits: limits)
        let size = payload?.argumentBytes?.count ?? delivery.payload.count
        return JSONValue.object([
            "class": .string(LogText.name(payload?.handlerName ?? "")),
            "jid": .string(LogText.name(payload?.jid ?? "")),
            "queue": .string(delivery.queue), "args": [.string("(\(size) bytes of arguments, not shown)")],
        ]).json
    }
}
