// The Swift blocks of README.md about secrets and TLS, word for word.

import FlumeRedis
import FlumeWire
import FlumeWorker

func loggingArguments() -> WorkerConfiguration {
    var configuration = WorkerConfiguration()
    configuration.argumentLogging = .whole(upTo: 200)  // bytes of JSON; the default is .never
    configuration.argumentLogging = ArgumentLogging { payload in  // or what you make of them
        payload.jobClass == "Login" ? nil : payload.argumentBytes.map { String(decoding: $0.prefix(80), as: UTF8.self) }
    }
    return configuration
}

func trusting() throws -> RedisConfiguration {
    var configuration = try RedisConfiguration(url: "rediss://:secret@redis.internal/0?cacert=/etc/ssl/redis-ca.pem")
    configuration.tls?.certificatePath = "/etc/ssl/worker.pem"  // for servers that ask for one
    configuration.tls?.privateKeyPath = "/etc/ssl/worker.key"
    return configuration
}
