import FlumeCron
import FlumeWire
import Foundation
import TestSupport
import Testing

@Suite("A cron expression")
struct CronExpressionTests {
    @Test(
        "has its next tick where crontab(5) says",
        arguments: [
            ("* * * * *", "2024-02-29T23:59:00Z", "2024-03-01T00:00:00Z"),
            ("*/15 * * * *", "2024-01-01T00:07:31Z", "2024-01-01T00:15:00Z"),
            ("5/20 * * * *", "2024-01-01T00:26:00Z", "2024-01-01T00:45:00Z"),
            ("0 3 * * *", "2024-01-01T03:00:00Z", "2024-01-02T03:00:00Z"),
            ("0 3 * * *", "2024-01-01T02:59:59Z", "2024-01-01T03:00:00Z"),
            ("30 0-23/6 * * *", "2024-01-01T06:30:00Z", "2024-01-01T12:30:00Z"),
            ("0 0 29 2 *", "2024-03-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 0 31 * *", "2024-03-31T00:00:00Z", "2024-05-31T00:00:00Z"),
            ("0 12 * JAN,Jun Mon", "2024-01-29T12:00:00Z", "2024-06-03T12:00:00Z"),
            ("0 12 * * 7", "2024-01-01T00:00:00Z", "2024-01-07T12:00:00Z"),
            ("0 12 * * 0", "2024-01-01T00:00:00Z", "2024-01-07T12:00:00Z"),
            ("0 12 * * fri-sun", "2024-01-06T12:00:00Z", "2024-01-07T12:00:00Z"),
            ("0 12 * * 5-7", "2024-01-07T12:00:00Z", "2024-01-12T12:00:00Z"),
            ("0 12 * * Sunday", "2024-01-01T00:00:00Z", "2024-01-07T12:00:00Z"),
            // Both days are restricted: either will do. A 30 February that may be a Monday is no mistake.
            ("0 0 13 * 5", "2024-09-06T00:00:00Z", "2024-09-13T00:00:00Z"),
            ("0 0 13 * 5", "2024-09-13T00:00:00Z", "2024-09-20T00:00:00Z"),
            ("0 0 30 2 1", "2024-01-31T00:00:00Z", "2024-02-05T00:00:00Z"),
            ("0 0 */2 * 1", "2024-09-02T00:00:00Z", "2024-09-03T00:00:00Z"),
            ("*/10 * * * * *", "2024-01-01T00:00:50.5Z", "2024-01-01T00:01:00Z"),
            ("15 30 3 * * mon-fri", "2024-01-05T03:30:15Z", "2024-01-08T03:30:15Z"),
            ("@yearly", "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"),
            ("@monthly", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"),
            ("@weekly", "2024-01-01T00:00:00Z", "2024-01-07T00:00:00Z"),
            ("@Daily Europe/Berlin", "2024-01-01T00:00:00Z", "2024-01-01T23:00:00Z"),
            ("@noon", "2024-01-01T00:00:00Z", "2024-01-01T12:00:00Z"),
            ("@hourly", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00Z"),
            ("0 3 * * * Asia/Kolkata", "2024-01-01T00:00:00Z", "2024-01-01T21:30:00Z"),
            ("0 0 3 * * mon Asia/Tokyo", "2024-01-01T00:00:00Z", "2024-01-07T18:00:00Z"),
            ("  0\t3 * * *   EST5EDT ", "2024-01-01T00:00:00Z", "2024-01-01T08:00:00Z"),
            // In southern summer time.
            ("0 9 * * * Australia/Sydney", "2024-01-01T00:00:00Z", "2024-01-01T22:00:00Z"),
        ])
    func next(text: String, from: String, expected: String) throws {
        let expression = try CronExpression(text)
        #expect(try expression.next(after: time(from)) == time(expected))
    }

    @Test(
        "that is malformed is refused with the field and the accepted forms",
        arguments: [
            ("", "cron: found nothing, expected 5 fields (minute, hour, day of month, month, day of week), 6 with"),
            ("* * * *", "cron: found 4 fields in \"* * * *\", expected 5 fields"),
            ("* * * * * * *", "cron: found 7 fields"),
            (
                "60 * * * *",
                "minute: found 60; accepted are *, 0 to 59, a range 1-5, a step */2 or 1-5/2, and lists of them"
            ),
            ("-1 * * * *", "minute: found -1"),
            ("+1 * * * *", "minute: found +1"),
            ("1.5 * * * *", "minute: found 1.5"),
            ("* 24 * * *", "hour: found 24; accepted are *, 0 to 23"),
            ("* * 0 * *", "day of month: found 0; accepted are *, 1 to 31"),
            ("* * 32 * *", "day of month: found 32"),
            ("* * L * *", "day of month: found L"),
            ("* * * 13 *", "month: found 13; accepted are *, 1 to 12 or jan to dec"),
            ("* * * mon *", "month: found mon"),
            ("* * * * 8", "day of week: found 8; accepted are *, 0 to 7 or sun to sat (0 and 7 are Sunday)"),
            ("* * * * mon#1", "day of week: found mon#1"),
            ("* * * * ?", "day of week: found ?"),
            ("jan * * * *", "minute: found jan"),
            ("5-1 * * * *", "minute: found 5-1, a range that goes down; it has the smaller number first"),
            ("1-2-3 * * * *", "minute: found 1-2-3"),
            ("*/0 * * * *", "minute: found */0, where the step is not a number from 1 to 59"),
            ("*/60 * * * *", "minute: found */60, where the step"),
            ("*/ * * * *", "minute: found */, where the step"),
            ("1,,2 * * * *", "minute: found 1,,2, where a part of the list is empty"),
            (", * * * *", "minute: found ,, where a part of the list is empty"),
            ("99 * * * * *", "second: found 99; accepted are *, 0 to 59"),
            ("0 0 30 2 *", "day of month: found 30 in month 2: there is no such day in any year"),
            ("0 0 31 4,jun,9,11 *", "day of month: found 31 in month 4,jun,9,11: there is no such day"),
            ("0 0 30-31 feb *", "day of month: found 30-31 in month feb"),
            ("@reboot", "cron: found @reboot, expected one of @annually, @daily, @hourly, @midnight, @monthly"),
            ("@daily 5", "cron: found @daily 5, expected one of"),
            ("every 5 minutes", "cron: found 3 fields in \"every 5 minutes\""),
            (
                "0 3 * * * Europe/Berlim",
                "zone: there is no time zone \"Europe/Berlim\"; write a name such as Europe/Berlin"
            ),
            ("0 3 * * * Berlin", "zone: there is no time zone \"Berlin\"; did you mean Europe/Berlin?"),
            ("0 3 * * * europe/berlin", "zone: there is no time zone \"europe/berlin\"; did you mean Europe/Berlin?"),
            ("@daily Mars/Base", "zone: there is no time zone \"Mars/Base\""),
            ("99999999999999999999 * * * *", "minute: found 99999999999999999999"),
            ("１ * * * *", "minute: found １"),
        ])
    func malformed(text: String, message: String) throws {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error.map(\.description) ?? "nothing")")
    }

    @Test("reads whatever it is given without a crash")
    func random() throws {
        var generator = SeededGenerator.printed()
        let pieces = ["*", "*", "0", "5", "31", "99", "-", "/", ",", "mon", "jan", "@", "Z", "é", "L", " "]
        var readable = 0
        for _ in 0..<20_000 {
            let fields = (0..<Int.random(in: 4...6, using: &generator)).map { _ in
                guard Int.random(in: 0..<4, using: &generator) == 0 else { return "*" }
                return (0..<Int.random(in: 1...3, using: &generator))
                    .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            }
            let text = fields.joined(separator: " ")
            guard let expression = try? CronExpression(text) else { continue }
            readable += 1
            #expect(expression.next(after: Timestamp(microseconds: 0)) != nil, "\(text)")
        }
        print("\(readable) of 20,000 were expressions")
    }

    @Test("finds the rarest tick and refuses the impossible one at once")
    func speed() throws {
        let clock = ContinuousClock()
        let rare = try CronExpression("59 59 23 29 2 * America/New_York")
        var moment = try time("2096-03-01T00:00:00Z")
        let elapsed = try clock.measure {
            for _ in 0..<100 { moment = try #require(rare.next(after: moment)) }
        }
        // A hundred times four to eight years, each month looked at.
        print("a tick in 4 years: \(elapsed / 100)")
        #expect(elapsed < .seconds(2))
        #expect(moment > (try time("2490-01-01T00:00:00Z")))
    }

    @Test(
        "at the end of time there is no next tick", arguments: ["0 0 29 2 *", "* * * * *", "0 3 * * * Europe/Berlin"])
    func endOfTime(text: String) throws {
        let expression = try CronExpression(text)
        #expect(expression.next(after: Timestamp(microseconds: .max)) == nil)
        // Before the year 1 there is no calendar, and no trap.
        _ = expression.next(after: Timestamp(microseconds: .min))
    }
}
