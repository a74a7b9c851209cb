import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@testable import FlumeWorker

/// Limits on a clock that the test moves: no waiting, the same every time for a seed.
@Suite("Limits in simulation")
struct LimitSimulationTests {
    private static let step = RedisScript(
        name: "step",
        source: JobStore.limitLibrary
            + Array(
                """
                local now = tonumber(ARGV[5])
                local limit = limits.open(KEYS[1], KEYS[2], KEYS[3], ARGV, now, 1)
                local allowed, wait = limits.look(limit, now, 1)
                limits.charge(limit, now, math.min(allowed, tonumber(ARGV[6])))
                return { allowed, wait }
                """.utf8))

    private func numbers(using generator: inout SeededGenerator) -> Limit.Numbers {
        let scale = [1, 7, 1000, 50_000, 1_000_000, 3_600_000_000].randomElement(using: &generator) ?? 1
        return Limit.Numbers(
            Bool.random(using: &generator) ? .window : .bucket, count: .random(in: 1...500, using: &generator),
            scale: scale, burst: .random(in: 1...50, using: &generator))
    }

    @Test("Lua and Swift give the same answers at the same times")
    func same() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            for round in 0..<12 {
                let numbers = numbers(using: &generator)
                var meter = LimitMeter(numbers)
                // Redis would forget a meter by its own clock while this one stands still, so this one starts there.
                let start = Int(try await probe.now() * 1_000_000) + 3_600_000_000
                var now = start
                for step in 0..<150 {
                    let wanted = Int.random(in: 0...(numbers.count / 3 + 2), using: &generator)
                    let expected = meter.look(now: now)
                    meter.charge(min(expected.allowed, wanted), now: now)
                    let keys = ["settings", "meter:\(round)", "slots"]
                    let reply = try await probe.client.evaluate(Self.step, keys: keys) { command in
                        command.append(numbers.kind.rawValue)
                        command.append(numbers.count)
                        command.append(numbers.scale)
                        command.append(numbers.burst)
                        command.append(now)
                        command.append(wanted)
                    }
                    let answer = reply.array?.compactMap(\.integer) ?? []
                    #expect(answer == [expected.allowed, expected.wait], "\(numbers), step \(step), at \(now - start)")
                    guard answer == [expected.allowed, expected.wait] else { return }
                    now += Int.random(in: 0...max(1, numbers.scale / 10), using: &generator)
                    if expected.wait > 0, Bool.random(using: &generator) { now += expected.wait }
                }
            }
        }
    }

    @Test("no window has more starts than the limit, wherever it begins")
    func window() {
        var generator = SeededGenerator.printed()
        for _ in 0..<20 {
            let count = Int.random(in: 1...400, using: &generator)
            let scale = 1_000_000
            var meter = LimitMeter(.init(.window, count: count, scale: scale))
            var starts: [Int] = []
            var now = 0
            while now < 10 * scale {
                let (allowed, wait) = meter.look(now: now)
                let taken = min(allowed, Int.random(in: 1...40, using: &generator))
                meter.charge(taken, now: now)
                // A start comes after its admission, by up to the margin.
                for _ in 0..<taken { starts.append(now + .random(in: 0...meter.delay, using: &generator)) }
                now += taken > 0 ? Int.random(in: 0...3000, using: &generator) : wait
            }
            starts.sort()
            #expect(most(in: scale, starts) <= count)
        }
    }

    @Test(
        "where there is work a limit of 400 per second delivers 98 % of it or more, and so does any other of a second or more"
    )
    func delivered() {
        var generator = SeededGenerator.printed()
        for round in 0..<30 {
            let count = round == 0 ? 400 : Int.random(in: 1...1000, using: &generator)
            let scales = [1_000_000, 5_000_000, 60_000_000, 3_600_000_000]
            let scale = round == 0 ? scales[0] : scales.randomElement(using: &generator) ?? scales[0]
            var meter = LimitMeter(.init(.window, count: count, scale: scale))
            var (now, delivered) = (0, 0)
            while now < 60 * scale {
                let (allowed, wait) = meter.look(now: now)
                let taken = min(allowed, Int.random(in: 1...40, using: &generator))
                meter.charge(taken, now: now)
                delivered += taken
                // Whoever is told to wait asks again at that time, and never is there to the microsecond.
                now += (taken > 0 ? 0 : wait) + Int.random(in: 0...3000, using: &generator)
            }
            #expect(Double(delivered) >= 0.98 * 60 * Double(count), "\(count) per \(scale) µs")
        }
    }

    @Test(
        "a bucket admits no more than its burst and its rate in any length of time, and no less when asked at its word")
    func bucket() {
        var generator = SeededGenerator.printed()
        for _ in 0..<20 {
            let (count, burst) = (Int.random(in: 1...400, using: &generator), Int.random(in: 1...50, using: &generator))
            var meter = LimitMeter(.init(.bucket, count: count, scale: 1_000_000, burst: burst))
            var starts: [Int] = []
            var now = 0
            while now < 10_000_000 {
                let (allowed, wait) = meter.look(now: now)
                meter.charge(allowed, now: now)
                starts += Array(repeating: now, count: allowed)
                now += wait > 0 ? wait : 1
            }
            for length in [10_000, 250_000, 1_000_000, 3_000_000] {
                #expect(most(in: length, starts) <= burst + Int((Double(length) * Double(count) / 1e6).rounded(.up)))
            }
            #expect(Double(starts.count) >= 0.99 * 10 * Double(count))
        }
    }

    @Test("a leaky bucket spaces starts evenly and saves none up")
    func leaky() {
        var meter = LimitMeter(RateLimit.leakyBucket(100, per: .seconds(1)).numbers)
        #expect(meter.look(now: 5_000_000).allowed == 1)
        meter.charge(1, now: 5_000_000)
        #expect(meter.look(now: 5_000_000).wait == 10_000)
        #expect(meter.look(now: 5_009_000).allowed == 0)
        #expect(meter.look(now: 5_010_000).allowed == 1)
        #expect(meter.look(now: 9_000_000).allowed == 1)
    }

    @Test("places set aside in this process are neither given twice nor lost")
    func local() {
        let limit = LocalLimit("l", .init(.window, count: 10, scale: 1_000_000)) { 0 }
        #expect(limit.reserve(7).count == 7)
        #expect(limit.reserve(7).count == 3)
        #expect(limit.reserve(7).count == 0)
        limit.commit(2, of: 7)
        #expect(limit.reserve(7).count == 5)
        limit.commit(5, of: 5)
        limit.commit(3, of: 3)
        #expect(limit.reserve(1).count == 0)
        #expect(limit.usage.room == 0)
    }
}

/// How much later than a job starts a test may note it, in microseconds: the thread in between can lose its processor.
///
/// Limits are exact to the microsecond in the simulation.
let preemption = 60_000

/// The largest number of times that fall into one window of a length; the window is open at its end.
func most(in length: Int, _ sorted: [Int]) -> Int {
    var (first, largest) = (0, 0)
    for (index, time) in sorted.enumerated() {
        while sorted[first] <= time - length { first += 1 }
        largest = max(largest, index - first + 1)
    }
    return largest
}
