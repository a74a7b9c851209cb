import Glibc
import TestSupport

/// How a scenario wants a producer process.
struct ProducerOptions: Sendable {
    /// How many; nil: until it is stopped.
    var count: Int?
    /// In a second.
    var rate = 1000.0
    var queue = "default"
    var jobs = [JobMix(jobClass: "LabQuick")]
    /// Sidekiq's client in place of Flume's.
    var isRuby = false
    /// When they are due, in seconds since 1970; nil: now.
    var at: Double?
    var redisURL: String?
    /// Words before the command.
    var prefix: [String] = []
}

/// A producer process of the lab.
struct LabProducer: Sendable {
    let child: ChildProcess

    /// Lets it finish the enqueue at hand and end.
    func stop() async throws {
        child.signal(SIGTERM)
        try await end()
    }

    /// Waits until it has enqueued all it was to.
    ///
    /// - Throws: ``TestSupportError`` when it did not end well.
    func end() async throws {
        let exit = await child.exit()
        guard exit == .status(0) else {
            throw TestSupportError("a producer ended by \(exit): \(child.errorOutput.suffix(2000))")
        }
    }
}
