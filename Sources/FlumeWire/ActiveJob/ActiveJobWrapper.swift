/// The class that wraps an ActiveJob job in a payload.
public enum ActiveJobWrapper: String, Sendable, Hashable, CaseIterable {
    /// What Rails has written with Sidekiq up to 7, and what every Sidekiq reads.
    case rails = "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper"
    /// What Sidekiq 8 writes, and what Sidekiq 7.3.3 and later read.
    case sidekiq = "Sidekiq::ActiveJob::Wrapper"
}
