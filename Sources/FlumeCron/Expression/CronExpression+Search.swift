import Foundation

/// The search for ticks, in whole seconds since 1970.
extension CronExpression {
    /// The longest time without a 29 February is eight years.
    private static let monthsSearched = 12 * 9
    private static let twoDays = 2 * 86_400

    /// The first tick after a moment.
    func nextTick(after moment: Int) -> Int? {
        followsElapsedTime ? nextElapsed(after: moment) : nextFixed(after: moment)
    }

    /// The last `limit` of the ticks after a moment and up to another one, oldest first.
    func ticks(after last: Int, through now: Int, atMost limit: Int) -> [Int] {
        var ticks: [Int] = []
        var moment = last
        while ticks.count <= limit, let tick = nextTick(after: moment), tick <= now {
            ticks.append(tick)
            moment = tick
        }
        guard ticks.count > limit else { return ticks }
        // There are more than are wanted, perhaps millions: from the last one backwards.
        ticks = []
        moment = now
        while ticks.count < limit, let tick = lastTick(after: last, through: moment) {
            ticks.append(tick)
            moment = tick - 1
        }
        return ticks.reversed()
    }

    /// The last tick after a moment and up to another one.
    func lastTick(after earlier: Int, through later: Int) -> Int? {
        guard let first = nextTick(after: earlier), first <= later else { return nil }
        // The later the moment, the later the tick after it: the last moment whose next tick is not too late.
        var (low, high) = (earlier, later)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if let tick = nextTick(after: middle), tick <= later { low = middle } else { high = middle }
        }
        return nextTick(after: low)
    }

    /// Once for each local time: at its first moment.
    private func nextFixed(after moment: Int) -> Int? {
        var wall = WallTime(seconds: moment + timeZone.offset(at: moment))
        while let next = nextWallTime(after: wall) {
            let tick = timeZone.firstMoment(of: next)
            // When clocks show an hour for the second time, its ticks have been.
            if tick > moment { return tick }
            wall = next
        }
        return nil
    }

    /// At every moment at which clocks show a local time that matches.
    private func nextElapsed(after moment: Int) -> Int? {
        var moment = moment
        var offset = timeZone.offset(at: moment)
        var wall = WallTime(seconds: moment + offset)
        while let next = nextWallTime(after: wall) {
            let tick = next.seconds - offset
            let horizon = min(tick, moment + Self.twoDays)
            if timeZone.offset(at: horizon) != offset {
                // Clocks change before that. From the change on they show other times, that one second included.
                moment = timeZone.change(after: moment, through: horizon)
                offset = timeZone.offset(at: moment)
                wall = WallTime(seconds: moment + offset - 1)
            } else if tick == horizon {
                return tick
            } else {
                // Far away, perhaps beyond several changes, between which nothing matches.
                moment = tick - Self.twoDays
                offset = timeZone.offset(at: moment)
                wall = WallTime(seconds: moment + offset)
            }
        }
        return nil
    }

    /// The first local time after another one that matches.
    private func nextWallTime(after wall: WallTime) -> WallTime? {
        let from = WallTime(seconds: wall.seconds + 1)
        let parts = from.components
        guard var year = parts.year, var month = parts.month, let today = parts.day, let hour = parts.hour,
            let minute = parts.minute, let second = parts.second, let firstOfDay = timeOfDay(from: 0, 0, 0)
        else { return nil }
        var days = matchingDays(year, month)
        if days.contains(today), let time = timeOfDay(from: hour, minute, second) {
            return WallTime(seconds: from.seconds - (hour * 3600 + minute * 60 + second) + time)
        }
        var day = days.first(from: today + 1)
        for _ in 0..<Self.monthsSearched {
            if let day {
                return WallTime.midnight(year: year, month: month, day: day)
                    .map { WallTime(seconds: $0.seconds + firstOfDay) }
            }
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
            days = matchingDays(year, month)
            day = days.first()
        }
        return nil
    }

    /// The first time of day that matches and is not before another one, in seconds.
    private func timeOfDay(from hour: Int, _ minute: Int, _ second: Int) -> Int? {
        if hours.contains(hour) {
            if minutes.contains(minute), let second = seconds.first(from: second) {
                return hour * 3600 + minute * 60 + second
            }
            if let minute = minutes.first(from: minute + 1), let second = seconds.first() {
                return hour * 3600 + minute * 60 + second
            }
        }
        guard let hour = hours.first(from: hour + 1), let minute = minutes.first(), let second = seconds.first()
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// The days of a month that match.
    private func matchingDays(_ year: Int, _ month: Int) -> CronNumbers {
        var matching = CronNumbers()
        guard months.contains(month), let (days, firstWeekday) = WallTime.shape(ofYear: year, month: month) else {
            return matching
        }
        for day in 1...days {
            let isDayOfMonth = daysOfMonth.contains(day)
            let isDayOfWeek = daysOfWeek.contains((firstWeekday + day - 1) % 7)
            // Either of them when both are restricted, as cron has had it since 1979.
            let matches =
                isAnyDayOfMonth || isAnyDayOfWeek ? isDayOfMonth && isDayOfWeek : isDayOfMonth || isDayOfWeek
            if matches { matching.insert(day) }
        }
        return matching
    }
}
