import FlumeRedis

extension SettingKey {
    /// Where Redis is.
    static let redis: [SettingKey] = [
        .init("redis.url") { value, settings throws(ConfigurationError) in
            try settings.redis.use(url: value)
        },
        .init("redis.host") { value, settings throws(ConfigurationError) in
            try settings.redis.useHost(at: value)
        },
        .init("redis.port") { value, settings throws(ConfigurationError) in
            settings.redis.address = .tcp(host: settings.redis.host, port: try value.integer(in: 1...65535))
        },
        .init("redis.unix_socket") { value, settings throws(ConfigurationError) in
            try settings.redis.useUnixSocket(at: value)
        },
        .init("redis.sentinel.endpoints") { value, settings throws(ConfigurationError) in
            try settings.redis.useSentinels(at: value)
        },
        .init("redis.sentinel.primary") { value, settings throws(ConfigurationError) in
            let name = try value.text()
            guard !name.contains("://") else { throw value.looksLikeURL("the name of a primary") }
            try settings.redis.changeSentinel(value) { $0.primaryName = name }
        },
        .init("redis.sentinel.username") { value, settings throws(ConfigurationError) in
            let name = try value.text()
            try settings.redis.changeSentinel(value) { $0.username = name }
        },
        .init("redis.sentinel.password") { value, settings throws(ConfigurationError) in
            let password = try value.text()
            try settings.redis.changeSentinel(value) { $0.password = password }
        },
        .init("redis.database") { value, settings throws(ConfigurationError) in
            settings.redis.database = try value.integer(in: 0...Int.max)
        },
        .init("redis.password") { value, settings throws(ConfigurationError) in
            settings.redis.password = try value.text()
        },
        .init("redis.username") { value, settings throws(ConfigurationError) in
            settings.redis.username = try value.text()
            if settings.redis.password == nil {
                throw value.problem("there is a user but no password: set redis.password too")
            }
        },
        .init("redis.tls") { value, settings throws(ConfigurationError) in
            settings.redis.tls = try value.boolean() ? settings.redis.tls ?? RedisTLS() : nil
        },
        .init("redis.tls.ca") { value, settings throws(ConfigurationError) in
            settings.redis.tlsOrNew.certificateAuthorityPath = try value.text()
        },
        .init("redis.tls.certificate") { value, settings throws(ConfigurationError) in
            settings.redis.tlsOrNew.certificatePath = try value.text()
        },
        .init("redis.tls.key") { value, settings throws(ConfigurationError) in
            settings.redis.tlsOrNew.privateKeyPath = try value.text()
        },
        .init("redis.tls.server_name") { value, settings throws(ConfigurationError) in
            settings.redis.tlsOrNew.serverName = try value.text()
        },
        .init("redis.tls.verify") { value, settings throws(ConfigurationError) in
            settings.redis.tlsOrNew.verification = try value.choice([
                "full": RedisTLS.Verification.full, "without_host_name": .withoutHostName, "none": .none,
            ])
        },
        .init("redis.client_name") { value, settings throws(ConfigurationError) in
            settings.redis.clientName = try value.text()
        },
        .init("redis.connect_timeout") { value, settings throws(ConfigurationError) in
            settings.redis.connectTimeout = try value.duration(plain: .milliseconds)
        },
        .init("redis.command_timeout") { value, settings throws(ConfigurationError) in
            settings.redis.commandTimeout = try value.duration(plain: .milliseconds)
        },
        .init("redis.keep_alive") { value, settings throws(ConfigurationError) in
            settings.redis.keepAlive = try value.duration()
        },
        .init("redis.reply_watch") { value, settings throws(ConfigurationError) in
            settings.redis.replyWatch = try value.duration(atLeast: .zero)
        },
        .init("redis.reconnect_initial") { value, settings throws(ConfigurationError) in
            settings.redis.backOff.base = try value.duration()
        },
        .init("redis.reconnect_max") { value, settings throws(ConfigurationError) in
            settings.redis.backOff.cap = try value.duration()
        },
    ]
}
