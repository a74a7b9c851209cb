package import FlumeStore
public import FlumeWire

/// For verbs that write jobs themselves, because something else has to be written in the same step.
extension JobClient {
    /// Makes a payload what ``push(_:at:)`` would write, and writes nothing.
    ///
    /// `jid`, `created_at`, `queue` and `retry` are added where they are missing, and it goes through the middleware. For
    /// jobs that a worker writes in the step in which another one ends.
    ///
    /// - Parameters:
    ///   - payload: with `class` and `args`.
    ///   - delay: when it is to run; a job for now gets `enqueued_at` too.
    /// - Returns: the payload to write; `nil` when a middleware stopped it.
    /// - Throws: ``PayloadError``, ``ScheduleError``; what a middleware threw.
    public func prepare(_ payload: JobPayload, after delay: Duration = .zero) async throws -> JobPayload? {
        var push = PushPreparation(self)
        try await push.add(payload, at: delay > .zero ? time(after: delay, from: push.now) : nil)
        return try push.items.first.map { try JobPayload(parsing: $0.payload, limits: limits) }
    }

    /// The client's time: what it stamps payloads with.
    package var currentTime: Timestamp { now() }

    /// A job that is ready to be written.
    package struct Prepared: Sendable {
        package let item: PushItem
        package let jid: String
        fileprivate let preparation: PushPreparation
    }

    /// Checks a job for a queue, completes it and sends it through the middleware.
    ///
    /// - Returns: `nil` when a middleware stopped it.
    /// - Throws: as ``push(_:at:)``, but for what Redis would say.
    package func prepareItem(_ payload: JobPayload) async throws -> Prepared? {
        var preparation = PushPreparation(self)
        try await preparation.add(payload, at: nil)
        guard let item = preparation.items.first, let jid = preparation.jids.first.flatMap(\.self) else { return nil }
        return Prepared(item: item, jid: jid, preparation: preparation)
    }

    /// Tells the observers that a job was written.
    package func report(_ job: Prepared) {
        if events.isObserved { job.preparation.report(to: events) }
    }

    /// Where the jobs go.
    package var jobStore: JobStore { store }
    /// Who is told of pushes.
    package var eventBus: EventBus { events }
    /// Whether code of the application's runs around a push.
    package var hasMiddleware: Bool { !middleware.isEmpty }
}
