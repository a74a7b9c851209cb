import FlumeRedis
import Testing

@Suite("The back-off between attempts to connect")
struct RedisBackOffTests {
    @Test("has full jitter under a bound that doubles up to the cap")
    func bounds() {
        let backOff = RedisBackOff(base: .milliseconds(50), cap: .seconds(2))
        let longest = (0..<8).map { backOff.delay(failures: $0, fraction: 1) }
        #expect(longest == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { Duration.milliseconds($0) })
        #expect(backOff.delay(failures: 3, fraction: 0) == .milliseconds(1))
        #expect(backOff.delay(failures: 3, fraction: 0.5) == .milliseconds(200))
        #expect(backOff.delay(failures: .max, fraction: 1) == .seconds(2))
    }

    @Test("there is a pause and it has an end, whatever the settings are")
    func absurd() {
        for duration in [Duration.zero, .seconds(-1)] {
            #expect(RedisBackOff(base: duration, cap: duration).delay(failures: 0, fraction: 1) == .milliseconds(1))
        }
        let endless = RedisBackOff(base: .seconds(Int64.max), cap: .seconds(Int64.max))
        #expect(endless.delay(failures: .max, fraction: 1) > .seconds(86_400))
    }
}
