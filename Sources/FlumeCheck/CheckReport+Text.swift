extension CheckReport {
    /// The report for people: a line for each class, and below it what does not decode.
    public var text: String {
        var lines = classes.filter(\.isKnown).flatMap(lines(of:))
        let others = classes.filter { !$0.isKnown }
        if !others.isEmpty {
            lines.append("no handler here:")
            for other in others {
                lines.append("  \(other.name): \(Self.jobs(other.read))")
                lines += other.mismatches.map { "    args \($0.arguments)\(Self.times($0.count)), in \($0.place)" }
                if other.unlisted > 0 { lines.append("    and \(Self.jobs(other.unlisted)) of further shapes") }
            }
        }
        if unlistedClasses > 0 { lines.append("further classes: \(Self.jobs(unlistedClasses))") }
        lines += unreadable.map { "no job, in \($0.place)\(Self.times($0.count)): \($0.reason)" }
        lines.append("read: " + places.map(Self.words).joined(separator: ", "))
        return lines.joined(separator: "\n")
    }

    private func lines(of jobClass: JobClass) -> [String] {
        var lines = ["\(jobClass.name): \(jobClass.decoded) of \(jobClass.read) decode"]
        for mismatch in jobClass.mismatches {
            let jid = mismatch.jid.map { ", such as \($0)" } ?? ""
            lines.append("  \(mismatch.reason)")
            lines.append("    args \(mismatch.arguments)\(Self.times(mismatch.count)), in \(mismatch.place)\(jid)")
        }
        if jobClass.unlisted > 0 { lines.append("  and \(Self.jobs(jobClass.unlisted)) of further shapes") }
        return lines
    }

    private static func words(_ place: Place) -> String {
        if let problem = place.problem { return "\(place.name) not at all (\(problem))" }
        return place.read == place.size ? "\(place.name) \(place.read)" : "\(place.name) \(place.read) of \(place.size)"
    }

    private static func jobs(_ count: Int) -> String { count == 1 ? "1 job" : "\(count) jobs" }

    private static func times(_ count: Int) -> String { count == 1 ? "" : " × \(count)" }
}
