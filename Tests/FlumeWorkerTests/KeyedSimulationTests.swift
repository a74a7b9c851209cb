import FlumeStore
import TestSupport
import Testing

@Suite("Limits by key in simulation")
struct KeyedSimulationTests {
    @Test("each key has its limits to itself, jobs of a key start in order, and none is lost or forgotten")
    func keyed() async throws {
        try await withProbe { probe in
            var generator = SeededGenerator.printed()
            for round in 0..<8 {
                let window = Limit.Numbers(
                    .window, count: .random(in: 1...8, using: &generator),
                    scale: [50_000, 1_000_000, 60_000_000].randomElement(using: &generator) ?? 1)
                var simulation = try await KeyedSimulation(
                    "k\(round)", window: window, slots: .random(in: 1...5, using: &generator),
                    on: SimulatedLimits(on: probe))
                for _ in 0..<60 {
                    let owners = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                        KeyedSimulation.Owner(
                            tenant: ["a", "b", "[c]", nil].randomElement(using: &generator) ?? nil,
                            region: ["x", "y", "a", nil].randomElement(using: &generator) ?? nil)
                    }
                    if !owners.isEmpty { try await simulation.arrive(owners, using: &generator) }
                    if Bool.random(using: &generator) { try await simulation.finish(0.5, using: &generator) }
                    try await simulation.unpark(.random(in: 0...5, using: &generator), using: &generator)
                    try await simulation.advance(by: .random(in: 0...(window.scale / 5), using: &generator))
                }
                var turns = 0
                while !simulation.isOver {
                    turns += 1
                    try #require(turns < 5000, "jobs wait for ever")
                    try await simulation.finish(1, using: &generator)
                    try await simulation.unpark(100, using: &generator)
                    try await simulation.advance(by: max(window.scale / 5, 20_000))
                }
                #expect(simulation.order.values.joined().sorted() == Array(0..<simulation.count))
                for numbers in simulation.order.values { #expect(numbers == numbers.sorted()) }
                for times in simulation.starts.values {
                    #expect(most(in: window.scale, times.sorted()) <= window.count)
                }
            }
        }
    }
}
