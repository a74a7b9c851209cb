import FlumeStore
import FlumeWire

/// What a due job looks like when it arrives in its queue: what Sidekiq's own push adds, spliced into the producer's bytes.
struct PromotionRule: Sendable {
    var limits: PayloadLimits
    var timestampUnit: Timestamp.Unit
    var clock: WallClock
    /// A node of Exq may take it from its queue, and reads no milliseconds.
    var sharesWithExq = false

    /// Where a member of `schedule` or `retry` goes, and as what.
    func promotion(of member: [UInt8]) -> Promotion {
        guard var payload = try? JobPayload(parsing: member, limits: limits) else {
            return Promotion(member: member, queue: nil, payload: member)
        }
        payload = payload.repairingUTF8()
        let unit = sharesWithExq ? .floatSeconds : payload.timestampUnit ?? timestampUnit
        let queue = payload.queue ?? "default"
        if payload.queue == nil { payload.set("queue", to: .string(queue)) }
        if payload.rawValue("retry") == nil { payload.set("retry", to: true) }
        if payload.jid == nil {
            var generator = SystemRandomNumberGenerator()
            payload.set("jid", to: .string(JobID.make(using: &generator)))
        }
        if payload.rawValue("created_at") == nil { payload.set("created_at", to: clock.now, unit: unit) }
        if payload.rawValue("at") != nil { payload.remove("at") }
        payload.set("enqueued_at", to: clock.now, unit: unit)
        return Promotion(member: member, queue: queue, payload: payload.bytes)
    }
}
