import FlumeWire

@testable import fault_lab

/// A ledger written by hand: milliseconds in place of nanoseconds, jids and run names as they come.
struct Story {
    private(set) var entries: [LedgerEntry] = []

    static func payload(_ jid: String, _ more: String = "") -> String {
        #"{"class":"LabQuick","args":[1.50],"jid":"\#(jid)","queue":"default"\#(more)}"#
    }

    mutating func enqueue(_ jid: String, isAcknowledged: Bool = true) {
        entries.append(.attempted(jid: jid, at: 0, payload: Self.payload(jid)))
        if isAcknowledged { entries.append(.acknowledged(jid: jid, at: 0)) }
    }

    mutating func run(
        _ jid: String, in run: String, _ times: ClosedRange<UInt64>, _ how: LedgerEntry.Ending = .done,
        attempt: Int = 1,
        payload: String? = nil
    ) {
        begin(jid, in: run, times.lowerBound, attempt: attempt, payload: payload)
        entries.append(.ended(jid: jid, at: times.upperBound * 1_000_000, run: run, how: how))
    }

    mutating func begin(_ jid: String, in run: String, _ time: UInt64, attempt: Int = 1, payload: String? = nil) {
        entries.append(
            .began(
                jid: jid, at: time * 1_000_000, run: run, attempt: attempt, fence: 0,
                payload: payload ?? Self.payload(jid)))
    }

    /// What is left when nothing is in Redis.
    func evidence(_ faults: [Fault] = []) -> Evidence {
        var evidence = Evidence(ledger: Ledger(entries), redis: RedisSnapshot(), faults: faults)
        evidence.redis.processed = evidence.ledger.runs.count { $0.how == .done || $0.how == .failed }
        evidence.redis.failed = evidence.ledger.runs.count { $0.how == .failed }
        return evidence
    }
}

extension Fault {
    /// At so many milliseconds.
    static func at(_ time: UInt64, _ kind: Kind, _ nonce: String? = "w1", until: UInt64? = nil) -> Fault {
        Fault(kind, nonce, from: time * 1_000_000, until: until.map { $0 * 1_000_000 })
    }
}

extension RedisSnapshot.Job {
    static func stored(_ jid: String, _ place: RedisSnapshot.Place, _ more: String = "") -> RedisSnapshot.Job {
        RedisSnapshot.Job(jid: jid, payload: Story.payload(jid, more), place: place)
    }
}
