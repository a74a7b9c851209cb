import TestSupport

/// A station whose process lives, and whose connection is cut at the k-th message, for every k.
struct CutSweep: Sendable {
    let station: CrashStation
    let lab: Lab
    let next: @Sendable () -> Int

    /// Cuts at each message there is: those on their way to Redis, and those on their way back.
    ///
    /// - Returns: how many runs were cut.
    func run(_ width: Int) async throws -> Int {
        var count = 0
        for direction in [ProxyDirection.requests, .replies] {
            let proxy = try await FaultProxy.start(to: lab.server)
            let passed = try await go(through: proxy, "\(station.name), uncut")
            proxy.close()
            // A little more than there were: how often a loop that waits has looked differs from run to run.
            let total = (direction == .requests ? passed.requests : passed.replies) * 5 / 4 + 4
            count += try await inParallel(Array(1...total), atATime: width) { number in
                let proxy = try await FaultProxy.start(to: lab.server)
                defer { proxy.close() }
                proxy.cut(at: number, of: direction)
                _ = try await go(through: proxy, "\(station.name), cut at \(number) of the \(direction)")
                return proxy.cuts
            }.reduce(0, +)
        }
        return count
    }

    private func go(through proxy: FaultProxy, _ place: String) async throws -> (requests: Int, replies: Int) {
        let site = try CrashSite(station, on: lab.server, number: next(), through: proxy)
        do {
            var exit = try await site.run(.spared(trace: nil))
            // Whether Redis can be used at all is asked once, at boot: a supervisor starts the process again.
            if exit == .status(1), proxy.cuts > 0 { exit = try await site.start(.spared(trace: nil)) }
            lab.expect(exit == .status(0), "\(place): the process ended by \(exit)\n\(site.lastWords)")
            // A good-bye that was not answered is not said again: the next process strikes the name off.
            var needsRescue = station.needsRescue
            if !needsRescue { needsRescue = try await site.hasNames() }
            if needsRescue { try await site.rescue() }
            lab.add(try await CrashJudge(site: site, death: nil).report(), place)
            try await site.clear()
        } catch {
            lab.expect(false, "\(place): \(error)\n\(site.lastWords)")
        }
        return proxy.passed
    }
}
