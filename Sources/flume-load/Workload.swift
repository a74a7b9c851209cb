import ArgumentParser
import Flume
import FlumeActiveJob
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Synchronization

/// What the jobs are: how they are enqueued, and what runs them.
enum Workload: String, ExpressibleByArgument, CaseIterable {
    /// No arguments of note, nothing done.
    case noop
    /// Five arguments of five types, decoded into a struct.
    case typed
    /// The same, in ActiveJob's envelope.
    case activeJob = "active-job"
    /// Every tenth fails and is retried later.
    case failing
    /// Every one fails and dies at once.
    case dying

    static let noopClass = "NoopJob"

    /// Enqueues jobs with these numbers.
    func push(
        _ numbers: [Int], to queue: String, _ arguments: [JSONValue], at time: Timestamp?, unique: Bool,
        by client: JobClient
    ) async throws {
        switch self {
        case .typed:
            try await client.enqueue(
                contentsOf: numbers.map { _ in TypedJob() }, at: time, options: JobOptions(queue: queue))
        case .activeJob:
            try await client.enqueue(
                contentsOf: numbers.map { _ in TypedActiveJob() }, at: time, options: ActiveJobOptions(queue: queue))
        case .noop, .failing, .dying:
            let plain = JobPayload(
                jobClass: Self.noopClass, arguments: arguments, queue: queue,
                retry: self == .dying ? .limit(0) : .default)
            try await client.push(
                numbers.map { number in
                    guard unique else { return plain }
                    var payload = plain
                    payload.makeUnique(Uniqueness(for: .seconds(3600), token: "load-\(number)"))
                    return payload
                }, at: time)
        }
    }

    /// The handler of such jobs; `then` is called at the end of each.
    func handler(then: @escaping @Sendable () -> Void) -> Handler {
        switch self {
        case .noop: return .raw(Self.noopClass) { _, _ in then() }
        case .typed: return Handler(for: TypedJob.self) { _, _ in then() }
        case .activeJob: return Handler(for: TypedActiveJob.self) { _, _ in then() }
        case .failing:
            let runs = Atomic(0)
            return .raw(Self.noopClass) { _, _ in
                then()
                if runs.add(1, ordering: .relaxed).newValue.isMultiple(of: 10) { throw LoadError("every tenth fails") }
            }
        case .dying:
            return .raw(Self.noopClass) { _, _ in
                then()
                throw LoadError("all fail")
            }
        }
    }
}

/// Five arguments, each of another type; `load.rb` enqueues the same.
private struct TypedJob: Job {
    var userID = 42
    var template = "welcome"
    var ratio = 1.5
    var isUrgent = true
    var tags = ["a", "b", "c"]
}

/// The same arguments in ActiveJob's envelope.
private struct TypedActiveJob: ActiveJob {
    var userID = 42
    var template = "welcome"
    var ratio = 1.5
    var isUrgent = true
    var tags = ["a", "b", "c"]
}
