/// Finds what somebody meant who wrote a name that does not exist.
enum NearestName {
    /// The nearest of the names, if it is near enough to be a slip of the fingers.
    static func of(_ name: String, in names: some Sequence<String>) -> String? {
        let limit = max(1, name.count / 3)
        let written = Array(name.lowercased())
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(written, Array(candidate.lowercased()))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many letters are to be changed, added, removed or swapped with their neighbour.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var rows = [Array(0...right.count)]
        for row in 0..<left.count {
            var next = [row + 1]
            for column in 0..<right.count {
                let isEqual = left[row] == right[column]
                var cost = min(
                    rows[row][column] + (isEqual ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, rows[row - 1][column - 1] + 1)
                }
                next.append(cost)
            }
            rows.append(next)
        }
        return rows[left.count][right.count]
    }
}
