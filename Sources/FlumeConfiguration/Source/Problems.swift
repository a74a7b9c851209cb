/// Gathers what is wrong in many places.
struct Problems {
    private(set) var all: [ConfigurationRemark] = []

    mutating func add(_ error: ConfigurationError) {
        all.append(contentsOf: error.problems)
    }

    /// Throws everything gathered, in the order of the lines.
    func check() throws(ConfigurationError) {
        guard !all.isEmpty else { return }
        let sorted = all.enumerated().sorted { left, right in
            (left.element.line ?? 0, left.offset) < (right.element.line ?? 0, right.offset)
        }
        throw ConfigurationError(sorted.map(\.element))
    }
}
