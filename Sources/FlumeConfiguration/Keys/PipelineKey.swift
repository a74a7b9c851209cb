import FlumeWorker

/// A key of a pipeline.
struct PipelineKey: Sendable {
    /// As it stands in a YAML file.
    let name: String
    /// Shorter words for it in a line of text: `limit=400/1s`.
    let shortNames: [String]
    let apply: @Sendable (_ value: Source, _ draft: inout PipelineDraft) throws(ConfigurationError) -> Void

    init(
        _ name: String, short shortNames: [String] = [],
        _ apply:
            @escaping @Sendable (
                _ value: Source, _ draft: inout PipelineDraft
            ) throws(ConfigurationError) -> Void
    ) {
        self.name = name
        self.shortNames = shortNames
        self.apply = apply
    }

    /// All of them.
    static let all: [PipelineKey] = [
        .init("name") { value, draft throws(ConfigurationError) in draft.settings.name = try value.text() },
        .init("queue") { value, draft throws(ConfigurationError) in
            guard draft.settings.queues.isEmpty else { throw value.problem("write either queue or queues") }
            draft.settings.queues = [Pipeline.Queue(try value.text())]
        },
        .init("queues") { value, draft throws(ConfigurationError) in
            guard draft.settings.queues.isEmpty else { throw value.problem("write either queue or queues") }
            draft.settings.queues = try QueueList(value).queues
        },
        .init("concurrency") { value, draft throws(ConfigurationError) in
            draft.settings.concurrency = try value.concurrency()
        },
        .init("rate_limit_count") { value, draft throws(ConfigurationError) in
            _ = try value.integer()
            draft.rateLimitCount = value
        },
        .init("rate_limit_scale") { value, draft throws(ConfigurationError) in
            _ = try value.limitScale()
            draft.rateLimitScale = value
        },
        .init("rate_limit_key", short: ["key"]) { value, draft throws(ConfigurationError) in
            _ = try value.text()
            draft.rateLimitKey = value
        },
        .init("batch_size") { value, draft throws(ConfigurationError) in
            _ = try value.integer()
            draft.batchSize = value
        },
        .init("batch_timeout") { value, draft throws(ConfigurationError) in
            _ = try value.duration()
            draft.batchTimeout = value
        },
        .init("batch_by", short: ["batch-by"]) { value, draft throws(ConfigurationError) in
            _ = try value.argumentPath()
            draft.batchBy = value
        },
        .init("limits") { value, draft throws(ConfigurationError) in
            draft.settings.limits = try LimitList(value).limits
        },
        .init("max_in_cluster", short: ["max-in-cluster"]) { value, draft throws(ConfigurationError) in
            draft.settings.maximumInCluster = try value.integer()
        },
        .init("max_retries", short: ["max-retries"]) { value, draft throws(ConfigurationError) in
            draft.settings.maximumRetries = try value.integer(in: 0...Int.max)
        },
        .init("backoff") { value, draft throws(ConfigurationError) in draft.backOff.kind = value },
        .init("backoff_initial") { value, draft throws(ConfigurationError) in draft.backOff.initial = value },
        .init("backoff_max") { value, draft throws(ConfigurationError) in draft.backOff.maximum = value },
        .init("backoff_jitter") { value, draft throws(ConfigurationError) in draft.backOff.jitter = value },
    ]

    static func named(_ name: String) -> PipelineKey? {
        all.first { $0.name == name || $0.shortNames.contains(name) }
    }
}
