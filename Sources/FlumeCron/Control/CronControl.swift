public import Flume
import FlumeRedis
import FlumeStore
import FlumeWire

/// Lists periodic jobs and switches them at run time, from any process.
///
/// ```swift
/// let cron = CronControl(jobs: JobClient(redis: redis))
/// for status in try await cron.entries() { print(status.entry.name, status.nextTick as Any) }
/// try await cron.disable("nightly report")
/// try await cron.runNow("clean up")
/// ```
///
/// What is switched here is so for every process at once and outlasts restarts, until the word in the file or in the code
/// changes: the last word counts.
public struct CronControl: Sendable {
    private let jobs: JobClient

    /// Makes a control; nothing is sent yet.
    ///
    /// - Parameter jobs: where the schedules are, and the way of ``runNow(_:in:)``.
    public init(jobs: JobClient) { self.jobs = jobs }

    /// The names of the schedules that are in force, sorted.
    ///
    /// - Throws: `RedisError`.
    public func schedules() async throws -> [String] { try await jobs.jobStore.cronSchedules() }

    /// The entries of a schedule that are in force, by name.
    ///
    /// - Throws: `RedisError`; ``CronError`` when what Redis has of an entry cannot be read.
    public func entries(of schedule: String = "default") async throws -> [CronStatus] {
        let found = try await jobs.jobStore.cronEntries(of: schedule)
        return try found.definitions.sorted { $0.key < $1.key }.map { name, definition in
            let entry = try CronEntry(name: name, definition: definition)
            let state = found.states[name] ?? CronEntryState()
            return CronStatus(
                entry: entry, isEnabled: state.isEnabled,
                lastTick: state.lastTick.map { Timestamp(microseconds: $0 * 1_000_000) },
                lastEnqueued: state.lastEnqueued.map { Timestamp(microseconds: $0) }, lastJID: state.lastJID,
                nextTick: state.isEnabled ? entry.expression.next(after: Timestamp(microseconds: found.now)) : nil)
        }
    }

    /// Lets the ticks of an entry enqueue jobs again, from the next one on.
    ///
    /// - Throws: ``CronError`` when there is no such entry; `RedisError`.
    public func enable(_ entry: String, in schedule: String = "default") async throws {
        try await set(true, entry, in: schedule)
    }

    /// Keeps the ticks of an entry from enqueuing jobs; they do not count as missed.
    ///
    /// - Throws: ``CronError`` when there is no such entry; `RedisError`.
    public func disable(_ entry: String, in schedule: String = "default") async throws {
        try await set(false, entry, in: schedule)
    }

    /// Enqueues the job of an entry now, be it enabled or not; its ticks stay as they are.
    ///
    /// - Returns: its jid; `nil` when a middleware stopped it.
    /// - Throws: ``CronError`` when there is no such entry; as `JobClient.push`.
    @discardableResult
    public func runNow(_ entry: String, in schedule: String = "default") async throws -> String? {
        let found = try await jobs.jobStore.cronEntries(of: schedule)
        guard let definition = found.definitions[entry] else {
            throw Self.noSuchEntry(entry, schedule, found.definitions.keys.sorted())
        }
        let payload = try CronEntry(name: entry, definition: definition)
            .payload(for: Timestamp(microseconds: found.now))
        guard let jid = try await jobs.push(payload) else { return nil }
        // The job is there; that it cannot be noted is no reason for the caller to enqueue it again.
        try? await jobs.jobStore.noteCronJob(jid, of: entry, in: schedule, at: found.now)
        return jid
    }

    private func set(_ isEnabled: Bool, _ entry: String, in schedule: String) async throws {
        guard try await !jobs.jobStore.setEnabled(isEnabled, entry, of: schedule) else { return }
        throw Self.noSuchEntry(
            entry, schedule, try await jobs.jobStore.cronEntries(of: schedule).definitions.keys.sorted())
    }

    private static func noSuchEntry(_ entry: String, _ schedule: String, _ names: [String]) -> CronError {
        CronError(
            field: "name",
            message: "there is no periodic job \"\(entry)\" in the schedule \(schedule); "
                + (names.isEmpty ? "it has none" : "there is \(names.joined(separator: ", "))"))
    }
}
