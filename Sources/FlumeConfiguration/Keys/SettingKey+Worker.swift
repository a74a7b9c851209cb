import FlumeWire
import FlumeWorker

extension SettingKey {
    /// How the worker works.
    static let worker: [SettingKey] = [
        .init("namespace") { value, settings throws(ConfigurationError) in
            let namespace = try value.text(isEmptyAllowed: true)
            guard !namespace.hasSuffix(":") else {
                throw value.expected("the namespace without the colon at its end, which Flume adds")
            }
            settings.worker.namespace = namespace
        },
        .init("shutdown_timeout") { value, settings throws(ConfigurationError) in
            settings.worker.shutdownTimeout = try value.duration(
                advice: "Sidekiq's timeout is in seconds, Exq's shutdown_timeout in milliseconds")
        },
        .init("max_retries") { value, settings throws(ConfigurationError) in
            settings.worker.maximumRetries = try value.integer(in: 0...Int.max)
        },
        .init("dead_max_jobs") { value, settings throws(ConfigurationError) in
            settings.worker.deadSetMaximumJobs = try value.integer(in: 0...Int.max)
        },
        .init("dead_timeout") { value, settings throws(ConfigurationError) in
            settings.worker.deadSetTimeout = try value.duration(atLeast: .seconds(1))
        },
        .init("unknown_class") { value, settings throws(ConfigurationError) in
            let text = try value.text()
            if text.hasPrefix("forward:"), text.count > "forward:".count {
                settings.worker.unknownClass = .forward(toQueue: text.dropFirst("forward:".count).trimmed)
            } else {
                settings.worker.unknownClass = try value.choice([
                    "retry": UnknownClassPolicy.retry, "dead": .dead, "forward:NAME_OF_A_QUEUE": .retry,
                ])
            }
        },
        .init("max_payload_bytes") { value, settings throws(ConfigurationError) in
            let limits = settings.worker.payloadLimits
            settings.worker.payloadLimits = PayloadLimits(
                maximumBytes: try value.integer(in: 1...Int(Int32.max)), maximumDepth: limits.maximumDepth)
        },
        .init("max_payload_depth") { value, settings throws(ConfigurationError) in
            let limits = settings.worker.payloadLimits
            settings.worker.payloadLimits = PayloadLimits(
                maximumBytes: limits.maximumBytes, maximumDepth: try value.integer(in: 1...128))
        },
        .init("heartbeat_interval") { value, settings throws(ConfigurationError) in
            settings.worker.heartbeatInterval = try value.duration(plain: .milliseconds, atLeast: .seconds(1))
        },
        .init("lease_duration") { value, settings throws(ConfigurationError) in
            settings.worker.leaseDuration = try value.duration(atLeast: .seconds(1))
        },
        .init("poison_limit") { value, settings throws(ConfigurationError) in
            settings.worker.poisonLimit = try value.integer()
        },
        .init("poll_interval") { value, settings throws(ConfigurationError) in
            settings.worker.pollInterval = try value.duration()
        },
        .init("metrics_layout") { value, settings throws(ConfigurationError) in
            settings.worker.metricsLayout = try value.choice([
                "sidekiq7": MetricsLayout.sidekiq7, "sidekiq8": .sidekiq8,
            ])
        },
        .init("timestamp_unit") { value, settings throws(ConfigurationError) in
            settings.worker.timestampUnit = try value.choice([
                "seconds": Timestamp.Unit.floatSeconds, "whole_seconds": .integerSeconds,
                "milliseconds": .milliseconds,
            ])
        },
        .init("shares_with_exq") { value, settings throws(ConfigurationError) in
            settings.worker.sharesWithExq = try value.boolean()
        },
        .init("tag") { value, settings throws(ConfigurationError) in
            settings.worker.tag = try value.text(isEmptyAllowed: true)
        },
        .init("labels") { value, settings throws(ConfigurationError) in
            settings.worker.labels = try value.texts()
        },
        .init("hostname") { value, settings throws(ConfigurationError) in
            settings.worker.hostname = try value.text()
        },
        .init("reports_metrics") { value, settings throws(ConfigurationError) in
            settings.worker.reportsMetrics = try value.boolean()
        },
        .init("signals") { value, settings throws(ConfigurationError) in
            settings.worker.signals = try value.choice([
                "none": SignalHandling.none, "beside_service_group": .besideServiceGroup, "all": .all,
            ])
        },
        .init("exits_when_stuck") { value, settings throws(ConfigurationError) in
            settings.worker.exitsWhenStuck = try value.boolean()
        },
    ]
}
