import FlumeWorker

extension SettingKey {
    /// Where health checks are answered.
    static let health: [SettingKey] = [
        .init("health.host") { value, settings throws(ConfigurationError) in
            settings.health.host = try value.text()
        },
        .init("health.port") { value, settings throws(ConfigurationError) in
            settings.health.port = try value.integer(in: 1...65535)
            settings.health.socket = nil
        },
        .init("health.socket") { value, settings throws(ConfigurationError) in
            settings.health.socket = try value.text()
            settings.health.port = nil
        },
        .init("health.stall_limit") { value, settings throws(ConfigurationError) in
            settings.health.limits.stall = try value.duration(atLeast: .seconds(1))
        },
        .init("health.silence_limit") { value, settings throws(ConfigurationError) in
            settings.health.limits.silence = try value.duration(atLeast: .seconds(1))
        },
    ]
}
