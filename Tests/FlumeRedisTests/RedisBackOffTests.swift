import FlumeRedis
import Testing

@Suite("The back-off between attempts to connect")
struct RedisBackOffTests {
    @Test("has full jitter under a bound that doubles up to the cap")
    func bounds() {
        let backOff = RedisBackOff(base: .milliseconds(50), cap: .seconds(2))
        let longest = (0..<8).map { backOff.delay(failures: $0, fraction: 1) }
        #expect(longest == [50, 100, 200, 400, 800, 1600, 2000, 2000].map { Duration.milliseconds($0) })
        #expect(backOff.delay(failures: 3, fraction: 0) == .zero)
        #expect(backOff.delay(failures: 3, fraction: 0.5) == .milliseconds(200))
        #expect(backOff.delay(failures: .max, fraction: 1) == .seconds(2))
    }
}
