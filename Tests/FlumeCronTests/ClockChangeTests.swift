import FlumeCron
import FlumeWire
import Foundation
import TestSupport
import Testing

@Suite("A cron expression when clocks change")
struct ClockChangeTests {
    /// The ticks after a moment, as local clocks show them.
    private func ticks(_ text: String, _ zone: String, after start: String, _ count: Int) throws -> [String] {
        let expression = try CronExpression(text, zone: zone)
        var moment = try time(start)
        return try (0..<count).map { _ in
            moment = try #require(expression.next(after: moment))
            return local(moment, in: zone)
        }
    }

    @Test("a skipped local time runs at the moment of the change, once however many of them there are")
    func skipped() throws {
        // Berlin: 02:00 becomes 03:00. New York the same. Sydney in October. Lord Howe: 02:00 becomes 02:30.
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", after: "2024-03-30T12:00:00Z", 2)
                == ["2024-03-31T03:00:00+0200", "2024-04-01T02:30:00+0200"])
        #expect(
            try ticks("10,20,30 2 * * *", "Europe/Berlin", after: "2024-03-30T12:00:00Z", 2)
                == ["2024-03-31T03:00:00+0200", "2024-04-01T02:10:00+0200"])
        #expect(
            try ticks("0 2,3 * * *", "Europe/Berlin", after: "2024-03-30T12:00:00Z", 2)
                == ["2024-03-31T03:00:00+0200", "2024-04-01T02:00:00+0200"])
        #expect(
            try ticks("30 2 * * *", "America/New_York", after: "2024-03-10T05:00:00Z", 2)
                == ["2024-03-10T03:00:00-0400", "2024-03-11T02:30:00-0400"])
        #expect(
            try ticks("30 2 * * *", "Australia/Sydney", after: "2024-10-05T12:00:00Z", 2)
                == ["2024-10-06T03:00:00+1100", "2024-10-07T02:30:00+1100"])
        #expect(
            try ticks("15,45 2 * * *", "Australia/Lord_Howe", after: "2024-10-05T12:00:00Z", 3)
                == ["2024-10-06T02:30:00+1100", "2024-10-06T02:45:00+1100", "2024-10-07T02:15:00+1100"])
        // Midnight itself is skipped in Cairo; a whole day was in Samoa.
        #expect(
            try ticks("@daily", "Africa/Cairo", after: "2024-04-25T12:00:00Z", 2)
                == ["2024-04-26T01:00:00+0300", "2024-04-27T00:00:00+0300"])
        #expect(
            try ticks("0 9 * * *", "Pacific/Apia", after: "2011-12-29T12:00:00Z", 4).map { $0.prefix(16) }
                == ["2011-12-29T09:00", "2011-12-31T00:00", "2011-12-31T09:00", "2012-01-01T09:00"])
    }

    @Test("a local time that comes twice runs the first time")
    func doubled() throws {
        #expect(
            try ticks("30 2 * * *", "Europe/Berlin", after: "2024-10-26T12:00:00Z", 2)
                == ["2024-10-27T02:30:00+0200", "2024-10-28T02:30:00+0100"])
        #expect(
            try ticks("30 1 * * *", "America/New_York", after: "2024-11-02T12:00:00Z", 2)
                == ["2024-11-03T01:30:00-0400", "2024-11-04T01:30:00-0500"])
        #expect(
            try ticks("30 2 * * *", "Australia/Sydney", after: "2024-04-06T12:00:00Z", 2)
                == ["2024-04-07T02:30:00+1100", "2024-04-08T02:30:00+1000"])
        #expect(
            try ticks("45 1 * * *", "Australia/Lord_Howe", after: "2024-04-06T12:00:00Z", 2)
                == ["2024-04-07T01:45:00+1100", "2024-04-08T01:45:00+1030"])
        // Asked while the hour is shown for the second time: it has been.
        #expect(
            try ticks("0,30,59 2 * * *", "Europe/Berlin", after: "2024-10-27T01:10:00Z", 1)
                == ["2024-10-28T02:00:00+0100"])
    }

    @Test("every quarter of an hour and every hour stay so")
    func elapsed() throws {
        #expect(
            try ticks("*/30 * * * *", "Europe/Berlin", after: "2024-03-31T00:00:00Z", 3)
                == ["2024-03-31T01:30:00+0100", "2024-03-31T03:00:00+0200", "2024-03-31T03:30:00+0200"])
        #expect(
            try ticks("30 * * * *", "Europe/Berlin", after: "2024-10-26T23:45:00Z", 4)
                == [
                    "2024-10-27T02:30:00+0200", "2024-10-27T02:30:00+0100", "2024-10-27T03:30:00+0100",
                    "2024-10-27T04:30:00+0100",
                ])
        #expect(
            try ticks("0 * * * *", "America/New_York", after: "2024-11-03T04:30:00Z", 3)
                == ["2024-11-03T01:00:00-0400", "2024-11-03T01:00:00-0500", "2024-11-03T02:00:00-0500"])
        #expect(
            try ticks("*/20 * * * *", "Australia/Lord_Howe", after: "2024-04-06T14:30:00Z", 5)
                == [
                    "2024-04-07T01:40:00+1100", "2024-04-07T01:40:00+1030", "2024-04-07T02:00:00+1030",
                    "2024-04-07T02:20:00+1030", "2024-04-07T02:40:00+1030",
                ])
        #expect(
            try ticks("*/20 * * * *", "Australia/Lord_Howe", after: "2024-10-05T15:15:00Z", 3)
                == ["2024-10-06T02:40:00+1100", "2024-10-06T03:00:00+1100", "2024-10-06T03:20:00+1100"])
    }

    /// What a clock on the wall shows, minute by minute: the search must find what this finds.
    private func scan(
        _ expression: CronExpression, matching: (DateComponents) -> Bool, followsElapsedTime: Bool,
        from start: Int, hours: Int
    ) throws -> [Int] {
        var calendar = Calendar(identifier: .gregorian)
        let zone = try #require(TimeZone(identifier: expression.zone))
        calendar.timeZone = zone
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        let parts: Set<Calendar.Component> = [.month, .day, .hour, .minute, .weekday]
        var found: [Int] = []
        var shown: Set<Int> = []
        // What clocks showed a day before counts as shown.
        for minute in stride(from: start - 86_400, to: start + hours * 3600, by: 60) {
            let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute)))
            let before = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(minute - 60)))
            var walls = [minute + offset]
            if !followsElapsedTime {
                // Those that clocks pass over belong to the minute after them; those shown before do not count.
                if offset > before { walls += stride(from: minute + before, to: minute + offset, by: 60) }
                walls = walls.filter { shown.insert($0).inserted }
            }
            guard minute >= start else { continue }
            let isTick = walls.contains { wall in
                matching(utc.dateComponents(parts, from: Date(timeIntervalSince1970: Double(wall))))
            }
            if isTick { found.append(minute) }
        }
        return found
    }

    @Test("is found by the search as by looking at every minute")
    func property() throws {
        var generator = SeededGenerator.printed()
        let zones = [
            "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe", "Africa/Cairo", "UTC",
            "America/Santiago", "Asia/Kathmandu", "Pacific/Chatham", "America/St_Johns", "Africa/Casablanca",
        ]
        // Near the changes of 2024 and anywhere.
        let starts = ["2024-03-09", "2024-03-30", "2024-04-06", "2024-10-05", "2024-10-26", "2024-11-02", "2024-06-15"]
        var ticks = 0
        for _ in 0..<150 {
            let zone = zones.randomElement(using: &generator) ?? "UTC"
            let day = starts.randomElement(using: &generator) ?? ""
            let start = try time("\(day)T00:00:00Z").wholeSeconds + 60 * Int.random(in: 0..<1440, using: &generator)
            let minutes = field(0...59, &generator)
            let hours = field(0...23, &generator)
            let days = field(1...31, &generator)
            let months = Bool.random(using: &generator) ? field(1...12, &generator) : ("*", Set(1...12))
            let weekdays = field(0...6, &generator)
            let text = [minutes.0, hours.0, days.0, months.0, weekdays.0].joined(separator: " ")
            guard let expression = try? CronExpression(text, zone: zone) else { continue }
            let expected = try scan(
                expression,
                matching: { parts in
                    let isDay = days.1.contains(parts.day ?? 0)
                    let isWeekday = weekdays.1.contains((parts.weekday ?? 0) - 1)
                    let isAny = days.0 == "*" || weekdays.0 == "*"
                    return minutes.1.contains(parts.minute ?? -1) && hours.1.contains(parts.hour ?? -1)
                        && months.1.contains(parts.month ?? 0) && (isAny ? isDay && isWeekday : isDay || isWeekday)
                },
                followsElapsedTime: hours.0.hasPrefix("*"), from: start, hours: 72)
            var found: [Int] = []
            var moment = Timestamp(microseconds: (start - 1) * 1_000_000)
            while let next = expression.next(after: moment), next.wholeSeconds < start + 72 * 3600 {
                found.append(next.wholeSeconds)
                moment = next
            }
            ticks += found.count
            guard found != expected else { continue }
            Issue.record("\(text) \(zone) from \(start): \(found.count) found, \(expected.count) expected")
        }
        print("\(ticks) ticks compared")
    }

    /// A field as text, and the numbers it stands for.
    private func field(_ range: ClosedRange<Int>, _ generator: inout SeededGenerator) -> (String, Set<Int>) {
        let number = Int.random(in: range, using: &generator)
        let other = Int.random(in: number...range.upperBound, using: &generator)
        let step = Int.random(in: 1...max(1, range.upperBound / 2), using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return ("\(number)", [number])
        case 1: return ("\(number)-\(other)", Set(number...other))
        case 2: return ("*/\(step)", Set(stride(from: range.lowerBound, through: range.upperBound, by: step)))
        case 3: return ("\(number),\(other)", [number, other])
        case 4: return ("\(number)-\(other)/\(step)", Set(stride(from: number, through: other, by: step)))
        default: return ("*", Set(range))
        }
    }
}
