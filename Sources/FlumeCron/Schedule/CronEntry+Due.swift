extension CronEntry {
    /// A tick that is found later than this was missed.
    static let patience = 60

    /// Longer than a change of daylight saving made by hand, and what cron daemons wait.
    private static let longestRestOfFixed = 3 * 3600

    /// By how many seconds the last tick may be ahead of a clock that went back, before the entry goes on by that clock.
    ///
    /// Until then it rests: its ticks of that time have run. One that follows elapsed time rests for one tick, since nobody
    /// wants what runs every minute to stand still for an hour; another one must not send the invoices of a day twice.
    var longestRest: Int {
        guard expression.followsElapsedTime, let first = expression.nextTick(after: 0),
            let second = expression.nextTick(after: first)
        else { return Self.longestRestOfFixed }
        return min(max(second - first, Self.patience), Self.longestRestOfFixed)
    }

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
