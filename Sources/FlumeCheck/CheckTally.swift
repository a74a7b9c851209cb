import FlumeWire
import FlumeWorker

/// Counts what was read, in memory that does not grow with the number of jobs.
struct CheckTally {
    /// What makes jobs that do not decode alike.
    private struct Kind: Hashable {
        var shape: RubyShape
        var position: Int?
        var code: ArgumentsError.Code?
    }

    private struct Entry {
        var jobClass: CheckReport.JobClass
        /// Where among the mismatches jobs of this kind are.
        var kinds: [Kind: Int] = [:]
    }

    /// Shapes and classes come from whoever can write to a queue.
    private static let mostKinds = 20
    private static let mostClasses = 1000

    private let check: @Sendable (JobPayload) throws -> Void
    private let classes: Set<String>
    private var entries: [String: Entry] = [:]
    private var report = CheckReport()

    /// - Parameters:
    ///   - classes: the only ones to look at; all if empty.
    ///   - check: throws what a job would fail with, and ``UnknownClassError`` for a class that it does not know.
    init(classes: Set<String>, check: @escaping @Sendable (JobPayload) throws -> Void) {
        self.classes = classes
        self.check = check
    }

    mutating func add(_ bytes: [UInt8], in place: String) {
        let payload: JobPayload
        do throws(PayloadError) {
            payload = try JobPayload(parsing: bytes)
        } catch {
            addUnreadable(error, in: place)
            return
        }
        let name = payload.handlerName ?? ""
        guard classes.isEmpty || classes.contains(name) else { return }
        var (isKnown, problem): (Bool, (any Error)?) = (true, nil)
        do {
            try check(payload)
        } catch {
            isKnown = !(error is UnknownClassError)
            problem = error
        }
        guard entries[name] != nil || entries.count < Self.mostClasses else {
            report.unlistedClasses += 1
            return
        }
        let empty = CheckReport.JobClass(
            name: name, isKnown: isKnown, read: 0, decoded: 0, mismatches: [], unlisted: 0)
        Self.count(payload, problem, place, in: &entries[name, default: Entry(jobClass: empty)])
    }

    mutating func add(_ place: CheckReport.Place) {
        report.places.append(place)
    }

    /// The report on all that was added.
    func finished() -> CheckReport {
        var report = report
        report.classes = entries.values.map(\.jobClass).sorted {
            $0.isKnown == $1.isKnown ? $0.name < $1.name : $0.isKnown
        }
        for index in report.classes.indices { report.classes[index].mismatches.sort { $0.count > $1.count } }
        return report
    }

    private static func count(_ payload: JobPayload, _ problem: (any Error)?, _ place: String, in entry: inout Entry) {
        entry.jobClass.read += 1
        guard let problem else {
            entry.jobClass.decoded += 1
            return
        }
        let fault = problem as? ArgumentsError
        let kind = Kind(shape: RubyShape(argumentsOf: payload), position: fault?.position, code: fault?.code)
        if let index = entry.kinds[kind] {
            entry.jobClass.mismatches[index].count += 1
        } else if entry.kinds.count < mostKinds {
            entry.kinds[kind] = entry.jobClass.mismatches.count
            entry.jobClass.mismatches.append(
                CheckReport.Mismatch(
                    arguments: "\(kind.shape)", reason: "\(problem)", count: 1, place: place, jid: payload.jid))
        } else {
            entry.jobClass.unlisted += 1
        }
    }

    private mutating func addUnreadable(_ error: PayloadError, in place: String) {
        let reason = "\(error)"
        if let index = report.unreadable.firstIndex(where: { $0.place == place && $0.reason == reason }) {
            report.unreadable[index].count += 1
        } else if report.unreadable.count < Self.mostKinds {
            report.unreadable.append(CheckReport.Unreadable(place: place, reason: reason, count: 1))
        } else {
            report.unreadable[Self.mostKinds - 1].count += 1
        }
    }
}
