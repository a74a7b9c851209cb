import FlumeStore
import FlumeWire
import Foundation
import TestSupport
import Testing

@testable import FlumeWorker

/// What the scripts of limits do together, against small models in Swift, on a clock that the test moves.
@Suite("Limits in simulation: slots, several, back-off, refunds and patience")
struct LimitScriptSimulationTests {
    @Test("no more hold a slot than there are, whatever comes, ends, runs out and changes")
    func slots() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            var redis = try await SimulatedLimits(on: probe)
            let store = JobStore(redis: probe.client, keys: redis.keys)
            for round in 0..<6 {
                var count = Int.random(in: 1...12, using: &generator)
                let limit = Limit("s\(round)", .init(.slots, count: count, scale: 1_000_000), keys: redis.keys)
                /// Who holds one, and until when; a job without end.
                var held: [String: Int] = [:]
                for step in 0..<200 {
                    held = held.filter { $0.value > redis.now }
                    let name = "h:\(step)"
                    switch Int.random(in: 0...9, using: &generator) {
                    case 0:
                        // From now on it has another count, and whoever asks follows what is stored.
                        count = .random(in: 1...12, using: &generator)
                        _ = try await store.declare(
                            Limit(limit.name, .init(.slots, count: count, scale: 1_000_000), keys: redis.keys))
                    case 1, 2:
                        guard let one = held.keys.sorted().randomElement(using: &generator) else { continue }
                        try await probe.send("HDEL", limit.slotsKey, one)
                        held[one] = nil
                    case 3:
                        guard held.count < count else { continue }
                        try await probe.send("HSET", limit.slotsKey, name, "")
                        held[name] = .max
                    default:
                        let life = Int.random(in: 1...3_000_000, using: &generator)
                        let answer = try await redis.acquire(1, of: [limit], slot: (name, life))
                        try #require(answer.granted == (held.count < count ? 1 : 0), "step \(step)")
                        #expect(answer.stopping == 1 - answer.granted && (answer.wait > 0) == (answer.granted == 0))
                        if answer.granted == 1 { held[name] = redis.now + life }
                    }
                    let room = try await redis.usage(of: limit).room
                    #expect(room <= max(0, count - held.count) && (room > 0) == (held.count < count), "step \(step)")
                    try await redis.advance(by: .random(in: 0...800_000, using: &generator))
                }
            }
        }
    }

    @Test("of several limits each must have room, all are charged or none, and the last to have room says how long")
    func several() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            var redis = try await SimulatedLimits(on: probe)
            for round in 0..<10 {
                let rates = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    Limit.Numbers(
                        Bool.random(using: &generator) ? .window : .bucket,
                        count: .random(in: 1...40, using: &generator),
                        scale: [50_000, 1_000_000, 60_000_000].randomElement(using: &generator) ?? 1,
                        burst: .random(in: 1...20, using: &generator))
                }
                let slots = Int.random(in: 1...10, using: &generator)
                let numbers = rates + [.init(.slots, count: slots, scale: 1_000_000)]
                let limits = numbers.enumerated().map { Limit("l\(round).\($0)", $1, keys: redis.keys) }
                var meters = rates.map(LimitMeter.init)
                var held: [Int] = []
                for step in 0..<150 {
                    // As the script: those that ran out are looked for only when all are taken.
                    func look() -> (allowed: Int, stopping: Int, wait: Int) {
                        if held.count >= slots { held.removeAll { $0 <= redis.now } }
                        var looks = meters.indices.map { meters[$0].look(now: redis.now) }
                        looks.append((slots - held.count, held.count < slots ? 0 : 20_000))
                        let wait = looks.map(\.wait).max() ?? 0
                        let stopping = wait == 0 ? 0 : (looks.firstIndex { $0.wait == wait } ?? 0) + 1
                        return (looks.map(\.allowed).min() ?? 0, stopping, wait)
                    }
                    let expected = look()
                    let life = Int.random(in: 1...2_000_000, using: &generator)
                    let answer = try await redis.acquire(1, of: limits, slot: ("h:\(step)", life))
                    try #require(answer.granted == min(1, expected.allowed), "round \(round), step \(step)")
                    try #require(
                        answer.stopping == expected.stopping && answer.wait == expected.wait,
                        "round \(round), step \(step): \(answer) for \(numbers)")
                    if answer.granted == 1 {
                        for index in meters.indices { meters[index].charge(1, now: redis.now) }
                        held.append(redis.now + life)
                    }
                    let isPatient = answer.wait > 0 && Bool.random(using: &generator)
                    try await redis.advance(
                        by: isPatient ? answer.wait : .random(in: 0...200_000, using: &generator))
                }
            }
        }
    }

    @Test("a limit backs off by half at most once in each scale, is closed until it was told, and comes back in ten")
    func backOff() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            var redis = try await SimulatedLimits(on: probe)
            for round in 0..<12 {
                let scale = [50_000, 1_000_000, 60_000_000].randomElement(using: &generator) ?? 1
                let numbers = Limit.Numbers(.window, count: .random(in: 1...1000, using: &generator), scale: scale)
                // Of one key by itself, or of all.
                let limit =
                    round.isMultiple(of: 2)
                    ? Limit("b\(round)", numbers, keys: redis.keys)
                    : KeyedLimit([("b\(round)", numbers)], in: "p", keys: redis.keys)
                        .limits(for: try #require(JobKeys(["tenant"])))[0]
                var (factor, since, blocked) = (1.0, 0, 0)
                func share() -> Double {
                    guard factor < 1 else { return 1 }
                    return min(1, factor + (1 - factor) * Double(redis.now - since) / Double(10 * scale))
                }
                for step in 0..<120 {
                    switch Int.random(in: 0...3, using: &generator) {
                    case 0:
                        let pause = Int.random(in: 1...(3 * scale), using: &generator)
                        #expect(try await redis.backOff(limit, pause: pause))
                        // A shorter pause does not shorten one that is under way.
                        blocked = max(blocked, redis.now + pause)
                    case 1:
                        let isSoon = factor < 1 && redis.now - since < scale
                        try #require(try await redis.backOff(limit) == !isSoon, "round \(round), step \(step)")
                        guard !isSoon else { break }
                        // So many places are stored.
                        (factor, since) = (Double(String(format: "%.6f", share() / 2)) ?? 0, redis.now)
                    default: break
                    }
                    let usage = try await redis.usage(of: limit)
                    try #require(
                        usage.count == Int(max(1, Double(numbers.count) * share())), "\(numbers), step \(step)")
                    if blocked > redis.now {
                        try #require(usage.room == 0 && usage.wait == blocked - redis.now)
                    } else {
                        try #require(usage.room == usage.count && usage.wait == 0)
                    }
                    if factor < 1, redis.now - since >= 10 * scale { #expect(usage.count == numbers.count) }
                    let steps = [scale / 3, scale, 12 * scale]
                    try await redis.advance(
                        by: .random(in: 0...(steps.randomElement(using: &generator) ?? 0), using: &generator))
                }
            }
        }
    }

    @Test("what is given back can be had again at once, and nothing else can")
    func refund() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            var redis = try await SimulatedLimits(on: probe)
            for round in 0..<10 {
                let scale = [50_000, 1_000_000, 60_000_000].randomElement(using: &generator) ?? 1
                let numbers = Limit.Numbers(
                    round.isMultiple(of: 2) ? .window : .bucket, count: .random(in: 1...60, using: &generator),
                    scale: scale, burst: .random(in: 1...40, using: &generator))
                let limit = Limit("r\(round)", numbers, keys: redis.keys)
                var model = RefundModel(numbers)
                var unused: [Int: Int] = [:]
                for step in 0..<200 {
                    for (time, count) in unused { model.refund(count, at: time, now: redis.now) }
                    let wanted = Int.random(in: 0...30, using: &generator)
                    let expected = model.take(wanted, now: redis.now)
                    let answer = try await redis.acquire(wanted, enough: 0, of: [limit], refunds: unused)
                    try #require(answer.granted == expected, "\(numbers), step \(step)")
                    unused = [:]
                    if answer.granted > 0, Int.random(in: 0...2, using: &generator) == 0 {
                        unused[redis.now] = .random(in: 1...answer.granted, using: &generator)
                    }
                    try await redis.advance(by: .random(in: 0...(scale / 8), using: &generator))
                }
            }
        }
    }

    @Test("no window has more starts than the limit, however patient those are who ask, and whatever they give back")
    func patience() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            var redis = try await SimulatedLimits(on: probe)
            for round in 0..<10 {
                let scale = [50_000, 1_000_000, 60_000_000].randomElement(using: &generator) ?? 1
                let count = Int.random(in: 1...60, using: &generator)
                let limit = Limit("p\(round)", .init(.window, count: count, scale: scale), keys: redis.keys)
                var (starts, unused) = ([Int](), [Int: Int]())
                for _ in 0..<250 {
                    let patience = [1, 1, 2, 8, 64, 1024].randomElement(using: &generator) ?? 1
                    let wanted = Int.random(in: 1...20, using: &generator)
                    let answer = try await redis.acquire(wanted, of: [limit], patience: patience, refunds: unused)
                    unused = [:]
                    let late = Int.random(in: 0...3, using: &generator) == 0 ? answer.granted / 2 : 0
                    if late > 0 { unused[redis.now] = late }
                    for _ in late..<answer.granted {
                        starts.append(redis.now + .random(in: 0...answer.margin, using: &generator))
                    }
                    let isTold = answer.wait > 0 && Bool.random(using: &generator)
                    try await redis.advance(
                        by: isTold ? answer.wait : .random(in: 0...(scale / 20), using: &generator))
                }
                #expect(most(in: scale, starts.sorted()) <= count)
                // Nothing is given away for good: there are as many again once all that has started is over.
                try await redis.advance(by: 2 * scale + 60_000)
                #expect(try await redis.acquire(1000, of: [limit]).granted == count)
            }
        }
    }
}

/// A limit on starts that takes back: each charge by itself, where the scripts have sums.
private struct RefundModel {
    private let numbers: Limit.Numbers
    /// Of a window: how many count until when.
    private var charges: [Int: Int] = [:]
    /// Of a bucket: when it is full again.
    private var fullAt = 0.0

    init(_ numbers: Limit.Numbers) { self.numbers = numbers }

    private var emission: Double { Double(numbers.scale) / Double(numbers.count) }

    private func expiry(_ time: Int) -> Int {
        let grain = max(1, numbers.scale / 2000)
        let margin = min(max(numbers.scale * 3 / 200, 2000), 30_000, numbers.scale / 2)
        return (time / grain + 1) * grain + numbers.scale + margin
    }

    mutating func take(_ wanted: Int, now: Int) -> Int {
        guard numbers.kind == .bucket else {
            charges = charges.filter { $0.key > now }
            let taken = min(wanted, numbers.count - charges.values.reduce(0, +))
            charges[expiry(now), default: 0] += taken
            return taken
        }
        let full = emission * Double(numbers.burst)
        let debt = min(max(0, fullAt - Double(now)), full + Double(numbers.scale))
        let taken = min(wanted, Int(((full - debt + 0.5) / emission).rounded(.down)))
        if taken > 0 { fullAt = Double(now) + debt + Double(taken) * emission }
        return taken
    }

    mutating func refund(_ count: Int, at time: Int, now: Int) {
        guard numbers.kind == .window else { return fullAt -= Double(count) * emission }
        if expiry(time) > now { charges[expiry(time), default: 0] -= count }
    }
}
