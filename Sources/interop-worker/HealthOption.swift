import FlumeCron
import FlumeHealth
import FlumeWorker
import Logging

extension HealthAddress {
    /// A port of this machine alone, or the path of a Unix socket.
    init(option text: String) {
        self = Int(text).map { .tcp(host: "127.0.0.1", port: $0) } ?? .unix(path: text)
    }
}

extension Worker {
    /// Runs with health checks and periodic jobs beside it, both until it has stopped.
    func run(beside cron: CronService?, health address: HealthAddress?, logger: Logger) async throws {
        guard let address else { return try await run(beside: cron, logger: logger) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await HealthServer(self, at: address, logger: logger).run() }
            group.addTask { try await self.run(beside: cron, logger: logger) }
            // Whoever ends first ends the other: the worker, or an endpoint that cannot listen.
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
