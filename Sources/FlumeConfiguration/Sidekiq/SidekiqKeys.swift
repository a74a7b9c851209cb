/// The keys of config/sidekiq.yml that have no effect in a Swift worker, and what to do instead.
enum SidekiqKeys {
    /// Keys that ``SidekiqReader`` reads.
    static let read = [
        "concurrency", "queues", "capsules", "timeout", "max_retries", "tag", "labels", "dead_max_jobs",
        "dead_timeout_in_seconds", "average_scheduled_poll_interval",
    ]

    /// Keys of Sidekiq and of gems beside it, with what is said about them.
    static let withoutEffect: [String: String] = {
        var notes: [String: String] = [:]
        for (keys, note) in groups {
            for key in keys { notes[key] = note }
        }
        return notes
    }()

    private static let groups: [([String], String)] = [
        (["require", "rails", "environment", "reloader"], "it is about loading Ruby code"),
        (["strict"], "as in Sidekiq, the weights of the queues say this"),
        (
            ["verbose", "logfile", "log_level", "loglevel", "logger", "log_formatter"],
            "set the level and the handler of the Logger"
        ),
        (["pidfile", "daemon", "index", "config_file"], "Sidekiq ignores it too since 6.0; use a process supervisor"),
        (
            ["redis", "url", "namespace", "redis_url", "redis_namespace"],
            "Sidekiq does not read it from this file either; set REDIS_URL, and FLUME_NAMESPACE"
        ),
        (
            ["poll_interval_average"],
            "Flume's poller sleeps until the next job is due; average_scheduled_poll_interval bounds it"
        ),
        (
            [
                "schedule", "scheduler", "dynamic", "dynamic_every", "enabled", "listened_queues_only",
                "rufus_scheduler_options",
            ],
            "recurring jobs stay with the Ruby process that runs sidekiq-scheduler"
        ),
        (
            ["cron", "cron_jobs", "cron_poll_interval", "cron_schedule_file"],
            "recurring jobs stay with the Ruby process that runs sidekiq-cron, or CronSchedule(file:) reads their file"
        ),
        (
            ["limits", "process_limits", "blocking", "qlimit", "throttle"],
            "it is a gem's; give the queue a pipeline of its own with a concurrency, max_in_cluster or rate_limit_count"
        ),
        (
            [
                "on_complex_arguments", "error_handlers", "death_handlers", "lifecycle_events", "fetch", "fetch_class",
                "fetch_setup", "job_logger", "skip_default_job_logging", "logged_job_attributes", "scheduled_enq",
                "backtrace_cleaner", "thread_priority", "max_iteration_runtime", "profiling", "heartbeat",
                "retry_interval",
            ],
            "it is about Ruby code; see WorkerConfiguration and middleware"
        ),
        (
            ["super_fetch", "super_fetch!", "reliable_scheduler", "redis_idle_timeout", "swarm", "profile"],
            "jobs in flight are always recorded and recovered; there is nothing to switch on"
        ),
    ]

    /// All keys, for suggestions.
    static let all = read + withoutEffect.keys.sorted()
}
