/// Options of Flume for Elixir, Exq and Sidekiq that have another name here, for those who copy a configuration.
enum RenamedKeys {
    private static let names = [
        "max_demand": "concurrency", "visibility_timeout": "lease_duration", "scheduler_poll_interval": "poll_interval",
        "scheduler_poll_timeout": "poll_interval", "average_scheduled_poll_interval": "poll_interval",
        "redis_timeout": "redis.command_timeout", "redis_url": "redis.url", "url": "redis.url", "host": "redis.host",
        "port": "redis.port", "database": "redis.database", "password": "redis.password",
        "dead_timeout_in_seconds": "dead_timeout", "timeout": "shutdown_timeout", "node_identifier": "hostname",
        "capsules": "pipelines",
    ]

    /// What an old name is now.
    static func newName(of name: String) -> String? { names[name] }
}
