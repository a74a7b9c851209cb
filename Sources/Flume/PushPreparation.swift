import FlumeStore
import FlumeWire

/// The jobs of one call on their way to Redis: checked, completed and through the middleware, in the order given.
struct PushPreparation {
    /// What is to be written.
    private(set) var items: [PushItem] = []
    /// For each job its jid, `nil` where it was not written.
    private(set) var jids: [String?] = []
    /// Which of them were not written because another job holds their lock, and its jid.
    private var holders: [Int: String] = [:]
    /// The queue of each item, for those that go to `schedule` too; filled only when somebody observes.
    private var queues: [String] = []

    /// The moment of the push.
    let now: Timestamp
    private let client: JobClient
    private let stamp: [UInt8]
    private let isObserved: Bool

    init(_ client: JobClient) {
        self.client = client
        now = client.now()
        stamp = now.json(unit: client.timestampUnit)
        isObserved = client.events.isObserved
    }

    mutating func reserveCapacity(_ count: Int) {
        items.reserveCapacity(count)
        jids.reserveCapacity(count)
    }

    /// Adds a job that is to run at a time; `nil`, or a time that has passed: as soon as possible.
    mutating func add(_ payload: JobPayload, at time: Timestamp?) async throws {
        let schedule = time.flatMap { $0 > now ? $0.seconds : nil }
        try payload.checkStorable(limits: client.limits)
        var final = payload
        final.complete(stamp: stamp, isEnqueued: schedule == nil && client.middleware.isEmpty) { client.jobIDs.next() }
        if !client.middleware.isEmpty {
            guard let passed = try await Self.pass(final, through: client.middleware[...]) else {
                jids.append(nil)
                return
            }
            // A middleware may have written anything.
            try passed.checkStorable(limits: client.limits)
            final = passed
        }
        let queue = final.queue ?? "default"
        let lock = try final.completeUnique(due: time.map { max($0, now) } ?? now, now: now)
        if let schedule {
            if client.sharesWithExq, let time {
                final.stampEnqueued(time.json(unit: .floatSeconds))
            } else {
                final.removeEnqueued()
            }
            items.append(PushItem(final.bytes, to: .schedule(at: schedule), taking: lock))
        } else {
            final.stampEnqueued(stamp)
            items.append(PushItem(final.bytes, to: .queue(queue), taking: lock))
        }
        if isObserved { queues.append(queue) }
        // Only a middleware can have taken it away; what was written is not to look like what was stopped.
        jids.append(final.jid ?? "")
    }

    /// For each job what became of it.
    var results: [BulkResult] {
        jids.enumerated().map { place, jid in
            if let jid { return .enqueued(jid: jid) }
            return holders[place].map { .conflict(jid: $0) } ?? .stopped
        }
    }

    /// Takes back items that Redis did not write because another job holds their lock: by their place, whose.
    mutating func withdraw(_ conflicts: [Int: String]) {
        guard !conflicts.isEmpty else { return }
        let places = jids.indices.filter { jids[$0] != nil }
        for (item, holder) in conflicts {
            jids[places[item]] = nil
            holders[places[item]] = holder
        }
        let written = items.indices.filter { conflicts[$0] == nil }
        if isObserved { queues = written.map { queues[$0] } }
        items = written.map { items[$0] }
    }

    /// Says for each queue what was written.
    func report(to events: EventBus) {
        struct Sum {
            let queue: String
            let isScheduled: Bool
            var count = 0
            var bytes = 0
        }
        var sums: [Sum] = []
        for (item, queue) in zip(items, queues) {
            let isScheduled = if case .schedule = item.place { true } else { false }
            let known = sums.firstIndex { $0.queue == queue && $0.isScheduled == isScheduled }
            if known == nil { sums.append(Sum(queue: queue, isScheduled: isScheduled)) }
            let index = known ?? sums.count - 1
            sums[index].count += 1
            sums[index].bytes += item.payload.count
        }
        for sum in sums {
            events.emit(
                sum.isScheduled
                    ? .scheduled(queue: sum.queue, count: sum.count, bytes: sum.bytes)
                    : .enqueued(queue: sum.queue, count: sum.count, bytes: sum.bytes))
        }
    }

    private static func pass(
        _ payload: JobPayload, through chain: ArraySlice<any ClientMiddleware>
    ) async throws -> JobPayload? {
        guard let outermost = chain.first else { return payload }
        return try await outermost.push(payload) { try await pass($0, through: chain.dropFirst()) }
    }
}
