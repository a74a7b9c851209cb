import TestSupport

/// F10: Redis forgets its scripts again and again.
struct FlushScripts: Scenario {
    let number = "F10"
    let name = "SCRIPT FLUSH in a loop"
    let canRunRuby = true

    func run(in lab: Lab) async throws {
        lab.expectMetrics()
        let producer = try await lab.startFleet(rate: 150)
        lab.expectNothingTwiceUnderLease()
        let before = try await lab.undisturbed()
        let start = monotonicNanoseconds()
        let wanted = lab.ledger.done.count + (lab.form == .short ? 300 : 5000)
        var flushes = 0
        try await eventually("jobs go on while scripts come and go", timeout: .seconds(100), every: .milliseconds(3)) {
            try lab.server.execute("SCRIPT", "FLUSH")
            flushes += 1
            // The ledger is read through at each look.
            return flushes.isMultiple(of: 50) && lab.ledger.done.count >= wanted
        }
        // Scripts come and go, and the work goes on as if they did not.
        try await lab.expectWork(within: .seconds(5), after: start, as: before)
        try await producer.stop()
        try await lab.drain()
    }
}
