import FlumeConfiguration
import FlumeWorker
import Testing

@Suite("Settings of health checks")
struct HealthSettingsTests {
    @Test("there is no endpoint unless a port or a socket is set")
    func none() throws {
        var settings = FlumeSettings()
        try settings.read(yaml: "health: {host: 127.0.0.1, stall_limit: 90s}", variables: [:])
        #expect(settings.health.address == nil)
        #expect(settings.health.limits == HealthLimits(stall: .seconds(90), silence: .seconds(300)))
    }

    @Test("a port is reached from everywhere unless a host is set; what is read later wins")
    func port() throws {
        var settings = FlumeSettings()
        try settings.read(yaml: "health:\n  port: 9394", variables: [:])
        #expect(settings.health.address == .tcp(host: "0.0.0.0", port: 9394))
        try settings.readEnvironment(["FLUME_HEALTH_SOCKET": "/run/flume.sock"])
        #expect(settings.health.address == .unix(path: "/run/flume.sock"))
        try settings.readEnvironment(["FLUME_HEALTH_PORT": "80", "FLUME_HEALTH_HOST": "::1"])
        #expect(settings.health.address == .tcp(host: "::1", port: 80))
        #expect("\(HealthAddress.tcp(host: "::1", port: 80))" == "[::1]:80")
        #expect(throws: ConfigurationError.self) { try settings.readEnvironment(["FLUME_HEALTH_PORT": "70000"]) }
    }
}
