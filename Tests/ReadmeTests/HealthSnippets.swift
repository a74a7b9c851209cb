import FlumeConfiguration
import FlumeHealth
import FlumeRedis
import FlumeWorker
import Logging
import ServiceLifecycle
import UnixSignals

// The README's blocks about health checks; they only have to compile.

private func healthServer(redis: RedisClient, worker: Worker, logger: Logger) async throws {
    let health = HealthServer(worker, at: .tcp(host: "0.0.0.0", port: 9394), logger: logger)
    let group = ServiceGroup(
        services: [redis, health, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
}

private func ownEndpoint(worker: Worker) {
    for problem in worker.health.problems(for: .live) { print("\(problem)") }  // nothing: it is live
}

private func configured(redis: RedisClient, worker: Worker, settings: FlumeSettings, logger: Logger) {
    var services: [any Service] = [redis]
    if let address = settings.health.address {
        services.append(HealthServer(worker, at: address, limits: settings.health.limits, logger: logger))
    }
    services.append(worker)
    _ = services
}
