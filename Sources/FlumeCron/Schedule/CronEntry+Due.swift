extension CronEntry {
    /// A tick that is found later than this was missed.
    static let patience = 60

    /// The ticks to run now, oldest first.
    ///
    /// `mark` is the time up to which ticks have been judged; both times are seconds since 1970.
    func due(after mark: Int, now: Int) -> [Int] {
        let late = now - Self.patience - 1
        let punctual = expression.ticks(after: max(mark, late), through: now, atMost: Self.patience + 1)
        guard mark < late else { return punctual }
        switch missed {
        case .skip:
            return punctual
        case .runOnce:
            if !punctual.isEmpty { return punctual }
            return expression.lastTick(after: mark, through: late).map { [$0] } ?? []
        case .runAll(let limit):
            return expression.ticks(after: mark, through: late, atMost: limit) + punctual
        }
    }
}
