/// One of the eight properties that hold after every fault, checked over the ledgers and what is in Redis.
protocol Invariant: Sendable {
    /// Its name, as it appears in the table.
    static var name: String { get }

    /// What speaks against it, one entry for each job or thing; empty if it holds.
    func violations(in evidence: Evidence) -> [Violation]
}

/// Something that must not be.
struct Violation: Sendable, Hashable, CustomStringConvertible {
    var invariant: String
    var jid: String?
    var text: String

    var description: String { "\(invariant): \(jid.map { "job \($0) " } ?? "")\(text)" }
}

extension Invariant {
    func violation(_ jid: String? = nil, _ text: String) -> Violation {
        Violation(invariant: Self.name, jid: jid, text: text)
    }
}

/// The oracle of all scenarios: the eight invariants together.
struct InvariantChecker: Sendable {
    var invariants: [any Invariant] = [
        Conservation(), AtLeastOnce(), DuplicateBound(), NoOrphan(), Counters(), Progress(), Bytes(), Noise(),
    ]

    /// What speaks against any of them.
    func violations(in evidence: Evidence) -> [Violation] {
        invariants.flatMap { $0.violations(in: evidence) }
    }
}
