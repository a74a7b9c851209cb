import FlumeRedis
import Testing

@testable import FlumeConfiguration

@Suite("The table of old and new options")
struct OptionTableTests {
    private struct Row {
        var old: [String]
        var new: String
        var standard: String
    }

    /// The words between back ticks.
    private static func names(in cell: some StringProtocol) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The rows of the README's three tables of old options.
    private func rows() throws -> [Row] {
        var isInside = false
        var rows: [Row] = []
        for line in try readme().split(separator: "\n", omittingEmptySubsequences: false) {
            if ["| Flume for Elixir | Now |", "| Exq | Now |", "| exq_limit | Now |"].contains(where: line.hasPrefix) {
                isInside = true
                continue
            }
            isInside = isInside && line.hasPrefix("|")
            guard isInside, !line.hasPrefix("|---") else { continue }
            let cells = line.split(separator: "|").map { $0.trimmed }
            try #require(cells.count == 4, "\(line)")
            rows.append(Row(old: Self.names(in: cells[0]), new: cells[1], standard: cells[2]))
        }
        try #require(!rows.isEmpty, "README.md has no table of the options of Flume for Elixir and Exq")
        return rows
    }

    /// The keys and defaults of the README's tables of settings.
    private func settingRows() throws -> [(keys: [String], defaults: [String?])] {
        var isInside = false
        var rows: [(keys: [String], defaults: [String?])] = []
        for line in try readme().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("| In a file | In code | Default |") {
                isInside = true
                continue
            }
            isInside = isInside && line.hasPrefix("|")
            guard isInside, !line.hasPrefix("|---") else { continue }
            let cells = line.split(separator: "|").map { $0.trimmed }
            try #require(cells.count >= 4, "\(line)")
            let defaults = cells[2].split(separator: ",").map { part in
                let names = Self.names(in: part)
                return names.count == 1 && part.trimmed == "`\(names[0])`" ? names[0] : nil
            }
            rows.append((Self.names(in: cells[0]), defaults))
        }
        return rows
    }

    /// Every key that a file can have.
    private static let allKeys =
        SettingKey.all.map(\.path) + PipelineKey.all.map { "pipelines[].\($0.name)" }
        + (LimitKind.allCases.map(\.rawValue) + LimitPart.allCases.map(\.rawValue)).map { "pipelines[].limits[].\($0)" }

    @Test("names only keys that a file can have")
    func newNames() throws {
        let known = Set(Self.allKeys + ["pipelines"])
        for row in try rows() where !row.new.hasPrefix("not needed: ") {
            let names = Self.names(in: row.new)
            #expect(!names.isEmpty, "\(row)")
            for name in names { #expect(known.contains(name), "\(name) in the row of \(row.old)") }
        }
    }

    @Test("has a companion: the tables of settings with every key that a file can have, each once")
    func settings() throws {
        let listed = try settingRows().flatMap(\.keys)
        // Its rows say more than that it is there.
        let wanted = Set(Self.allKeys).subtracting(["pipelines[].limits"])
        #expect(wanted.subtracting(listed) == [], "not in README.md")
        #expect(Set(listed).subtracting(wanted) == [], "no file has it")
        #expect(Set(listed).count == listed.count)
    }

    @Test("has the right defaults in the tables of settings too")
    func settingDefaults() throws {
        var count = 0
        for row in try settingRows() where row.keys.count == row.defaults.count {
            for (path, text) in zip(row.keys, row.defaults) {
                guard let text, let key = SettingKey.all.first(where: { $0.path == path }) else { continue }
                try expectDefault(text, of: key)
                count += 1
            }
        }
        #expect(count > 25)
    }

    @Test("names every option of Flume for Elixir, of Exq and of exq_limit")
    func oldNames() throws {
        let listed = Set(try rows().flatMap(\.old))
        let flume = [
            "host", "port", "database", "password", "namespace", "redis_pool_size", "redis_timeout", "backoff_initial",
            "backoff_max", "max_retries", "scheduler_poll_interval", "visibility_timeout", "dequeue_lock_ttl",
            "dequeue_process_timeout", "dequeue_lock_poll_interval", "pipelines", "logger", "debug_log",
            "instrumentation", "mock", "name", "queue", "max_demand", "batch_size", "rate_limit_count",
            "rate_limit_scale", "rate_limit_key", "instrument",
        ]
        let exq = [
            "mode", "url", "redis_options", "socket_opts", "genserver_timeout", "queues", "concurrency", "poll_timeout",
            "scheduler_enable", "scheduler_poll_timeout", "scheduler_page_size", "backoff", "dead_max_jobs",
            "dead_timeout_in_seconds", "heartbeat_enable", "heartbeat_interval", "missed_heartbeats_allowed",
            "shutdown_timeout", "stats_flush_interval", "stats_batch_size", "serializer", "json_library",
            "node_identifier", "middleware", "queue_adapter", "start_on_application",
        ]
        let limit = [
            "Local", "Global", "GCRA", "And", "limit", "interval", "missed_heartbeats_allowed", "node_id", "namespace",
            "redis", "period", "rate", "burst", "local", "short_circuit",
        ]
        for name in flume + exq + limit { #expect(listed.contains(name), "\(name)") }
    }

    @Test("has the right defaults: to set one changes nothing")
    func defaults() throws {
        for row in try rows() {
            guard let key = SettingKey.all.first(where: { row.new.hasPrefix("`\($0.path)`") }),
                let text = Self.names(in: row.standard).first
            else { continue }
            try expectDefault(text, of: key)
        }
    }

    /// Sets what is the default, and expects that nothing changes.
    private func expectDefault(_ text: String, of key: SettingKey) throws {
        var settings = FlumeSettings()
        if key.path == "concurrency" { settings.concurrency = FlumeSettings.defaultConcurrency }
        if key.path.hasPrefix("redis.sentinel.") {
            settings.redis.address = .sentinel(RedisSentinel(endpoints: [], primaryName: "mymaster"))
        }
        let before = Self.text(of: settings)
        let value = Source(
            origin: "", line: 1, key: key.path, content: .scalar(text == "\"\"" ? "" : text, isQuoted: false))
        try key.apply(value, &settings)
        #expect(Self.text(of: settings) == before, "\(key.path)")
    }

    /// All values, with Redis's settings, which otherwise hide what may be secret.
    private static func text(of settings: FlumeSettings) -> String {
        let redis = settings.redis
        return "\(settings) \(redis.address) \(redis.database) \(redis.tls as Any) \(redis.connectTimeout) "
            + "\(redis.commandTimeout) \(redis.keepAlive) \(redis.replyWatch) \(redis.backOff)"
    }

    @Test("has a companion: the example file with every key, each once")
    func example() throws {
        let root = try Source(yaml: try fixture("flume.yml"), named: "flume.yml")
        var paths: Set<String> = []
        func visit(_ source: Source, _ path: String) throws {
            switch source.content {
            case .mapping(let entries) where path != "pipelines[].queues":
                for entry in entries { try visit(entry.value, path.isEmpty ? entry.key : "\(path).\(entry.key)") }
            case .list(let items) where path == "pipelines" || path == "pipelines[].limits":
                for item in items { try visit(item, "\(path)[]") }
            default:
                paths.insert(path)
            }
        }
        try visit(root, "")
        let all = Self.allKeys.filter { $0 != "pipelines[].limits" }
        let others: Set = [
            "redis.url", "redis.unix_socket", "redis.tls", "redis.sentinel.endpoints", "redis.sentinel.primary",
            "redis.sentinel.username", "redis.sentinel.password", "health.socket",
        ]
        #expect(Set(all).subtracting(others).subtracting(paths) == [])
        #expect(Set(all).count == all.count)
        #expect(Set(SettingKey.all.map(\.variable)).count == SettingKey.all.count)
    }
}
