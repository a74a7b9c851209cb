// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "flume",
    products: [
        .library(name: "Flume", targets: ["Flume"]),
        .library(name: "FlumeWorker", targets: ["FlumeWorker"]),
        .library(name: "FlumeInspector", targets: ["FlumeInspector"]),
        .library(name: "FlumeTracing", targets: ["FlumeTracing"]),
        .library(name: "FlumeWorkerTracing", targets: ["FlumeWorkerTracing"]),
        .library(name: "FlumeActiveJob", targets: ["FlumeActiveJob"]),
        .library(name: "FlumeWorkerActiveJob", targets: ["FlumeWorkerActiveJob"]),
        .library(name: "FlumeConfiguration", targets: ["FlumeConfiguration"]),
        .library(name: "FlumeTesting", targets: ["FlumeTesting"]),
        .library(name: "FlumeCheck", targets: ["FlumeCheck"]),
        .library(name: "FlumeCron", targets: ["FlumeCron"]),
        .library(name: "FlumeHealth", targets: ["FlumeHealth"]),
        // `RedisClient` and `RedisConfiguration`; `JobPayload` and its values: what the others' interfaces are made of.
        .library(name: "FlumeRedis", targets: ["FlumeRedis"]),
        .library(name: "FlumeWire", targets: ["FlumeWire"]),
        .executable(name: "flume-control", targets: ["flume-control"]),
        .executable(name: "flume-check", targets: ["flume-check"]),
    ],
    dependencies: [
        // Sockets, timers and event loops under FlumeRedis.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // `rediss://`: TLS for those sockets.
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        // Every line Flume logs goes to the application's own log handler.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // Counters and timers go to the application's own metrics backend.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        // Spans and trace contexts go to the application's own tracer; only the two tracing libraries link it.
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        // `Worker` and `RedisClient` are services: start, graceful shutdown, order.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // Configuration files, `config/sidekiq.yml` among them; linked by FlumeConfiguration alone. Its parser says on
        // which line a value stands, which the error messages need.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // SHA-256, for tokens of unique jobs that have to be the same in every process and language.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        // The command line of the executables.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        // MARK: The way down, from what users link to what touches the socket

        .target(
            name: "FlumeWorkerTracing",
            dependencies: [
                "FlumeWorker", "FlumeTracing", "FlumeWire",
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
            ]),
        // What an application's tests link: jobs in memory, or in a namespace of their own.
        .target(
            name: "FlumeTesting",
            dependencies: [
                "FlumeWorker", "FlumeActiveJob", "Flume", "FlumeStore", "FlumeWire", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "FlumeTracing",
            dependencies: [
                "Flume", "FlumeWire",
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ]),
        // At home in Rails: jobs of ActiveJob classes, enqueued and performed.
        .target(name: "FlumeWorkerActiveJob", dependencies: ["FlumeWorker", "FlumeActiveJob", "Flume", "FlumeWire"]),
        .target(name: "FlumeActiveJob", dependencies: ["Flume", "FlumeWire"]),
        .target(
            name: "FlumeConfiguration",
            dependencies: [
                "FlumeWorker", "FlumeCron", "FlumeWire", "FlumeRedis",
                .product(name: "Yams", package: "Yams"),
            ]),
        // Decodes what is stored against the handlers of a worker, before that worker runs.
        .target(
            name: "FlumeCheck",
            dependencies: [
                "FlumeWorker", "FlumeWire", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Periodic jobs; a process that runs no worker can keep their time too.
        .target(
            name: "FlumeCron",
            dependencies: [
                "FlumeActiveJob", "Flume", "FlumeStore", "FlumeWire", "FlumeRedis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "FlumeWorker",
            dependencies: [
                "Flume", "FlumeStore", "FlumeWire", "FlumeRedis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // Health checks and Prometheus over HTTP; a worker runs without it.
        .target(
            name: "FlumeHealth",
            dependencies: [
                "FlumeWorker",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // Reads and acts on what is stored; the worker does without it.
        .target(name: "FlumeInspector", dependencies: ["Flume", "FlumeStore", "FlumeWire", "FlumeRedis"]),
        .target(
            name: "Flume",
            dependencies: [
                "FlumeStore", "FlumeWire", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "FlumeStore",
            dependencies: ["FlumeWire", "FlumeRedis"],
            // The scripts are part of the program: a worker needs no files beside it.
            resources: [
                .embedInCode("Push/push.lua"), .embedInCode("Fetch/fetch.lua"), .embedInCode("Fetch/standing.lua"),
                .embedInCode("Fetch/adopt.lua"),
                .embedInCode("Settle/trim.lua"), .embedInCode("Settle/settle.lua"), .embedInCode("Schedule/due.lua"),
                .embedInCode("Schedule/promote.lua"), .embedInCode("Lease/hold.lua"), .embedInCode("Lease/bury.lua"),
                .embedInCode("Lease/leave.lua"), .embedInCode("Control/control.lua"),
                .embedInCode("Control/command.lua"), .embedInCode("Control/pause.lua"), .embedInCode("Limit/limit.lua"),
                .embedInCode("Limit/acquire.lua"),
                .embedInCode("Limit/declare.lua"), .embedInCode("Limit/backoff.lua"), .embedInCode("Limit/usage.lua"),
                .embedInCode("Limit/renew.lua"), .embedInCode("Limit/admit.lua"), .embedInCode("Limit/unpark.lua"),
                .embedInCode("Limit/forget.lua"), .embedInCode("Limit/release.lua"),
                .embedInCode("Push/unique.lua"), .embedInCode("Settle/unlock.lua"),
                .embedInCode("Cron/enforce.lua"), .embedInCode("Cron/watch.lua"), .embedInCode("Cron/tick.lua"),
                .embedInCode("Cron/switch.lua"),
                .embedInCode("Inspect/walk.lua"), .embedInCode("Inspect/range.lua"), .embedInCode("Inspect/take.lua"),
                .embedInCode("Inspect/relocate.lua"), .embedInCode("Inspect/clear.lua"),
                .embedInCode("Inspect/signal.lua"),
                .embedInCode("Exq/restore.lua"),
            ]),
        .target(
            name: "FlumeRedis",
            dependencies: [
                "CHiredis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // The format; no I/O. zlib is for `error_backtrace`.
        .target(name: "FlumeWire", dependencies: ["CZlib", .product(name: "Crypto", package: "swift-crypto")]),

        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // MARK: Executables

        .executableTarget(
            name: "flume-demo",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeActiveJob", "FlumeWorkerActiveJob", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "interop-worker",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeHealth", "FlumeCron", "FlumeConfiguration", "FlumeActiveJob",
                "FlumeWorkerActiveJob", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "interop-producer",
            dependencies: [
                "Flume", "FlumeActiveJob", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "flume-control",
            dependencies: [
                "Flume", "FlumeInspector", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(name: "flume-check", dependencies: ["FlumeCheck", "FlumeWorker"]),
        .executableTarget(
            name: "flume-load",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeActiveJob", "FlumeWorkerActiveJob", "FlumeWorkerTracing", "FlumeStore",
                "FlumeRedis", "FlumeWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // MARK: Tests

        .target(
            name: "TestSupport",
            dependencies: [
                "FlumeRedis", "FlumeWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport"),
        // Real processes, real faults: scripts/fault-lab. It starts itself as its workers and producers.
        .executableTarget(
            name: "fault-lab",
            dependencies: [
                "TestSupport", "FlumeWorker", "FlumeHealth", "FlumeCron", "Flume", "FlumeStore", "FlumeWire",
                "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/FaultLab"),
        .testTarget(
            name: "FaultLabTests",
            dependencies: [
                "fault-lab", "FlumeRedis", "FlumeWire", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .testTarget(
            name: "FlumeRedisTests",
            dependencies: [
                "FlumeRedis", "TestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "FlumeWireTests",
            dependencies: ["FlumeWire", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FlumeStoreTests",
            dependencies: ["FlumeStore", "FlumeWire", "FlumeRedis", "TestSupport"]),
        .testTarget(
            name: "FlumeTests",
            dependencies: ["Flume", "FlumeWire", "FlumeRedis", "TestSupport"]),
        .testTarget(
            name: "FlumeWorkerTests",
            dependencies: [
                "FlumeWorker", "FlumeInspector", "Flume", "FlumeStore", "FlumeWire", "FlumeRedis", "TestSupport",
                // Only real processes can be killed: their worker. And what steers them from outside.
                "interop-worker", "flume-control",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FlumeCronTests",
            dependencies: [
                "FlumeCron", "FlumeConfiguration", "FlumeWorker", "FlumeActiveJob", "Flume", "FlumeStore", "FlumeWire",
                "FlumeRedis", "TestSupport",
                // The schedule file of a real process.
                "interop-worker",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "FlumeInspectorTests",
            dependencies: [
                "FlumeInspector", "FlumeWorker", "Flume", "FlumeWire", "FlumeRedis", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "FlumeTracingTests",
            dependencies: [
                "FlumeTracing", "FlumeWorkerTracing", "FlumeWorker", "Flume", "FlumeWire", "FlumeRedis", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
            ]),
        .testTarget(
            name: "FlumeTestingTests",
            dependencies: [
                "FlumeTesting", "FlumeWorkerActiveJob", "FlumeActiveJob", "FlumeWorker", "Flume", "FlumeStore",
                "FlumeWire", "FlumeRedis", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "FlumeActiveJobTests",
            dependencies: [
                "FlumeActiveJob", "FlumeWorkerActiveJob", "FlumeWorker", "Flume", "FlumeWire", "FlumeRedis",
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]),
        .testTarget(
            name: "FlumeConfigurationTests",
            dependencies: [
                "FlumeConfiguration", "FlumeCron", "FlumeWorker", "FlumeWire", "FlumeRedis", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "FlumeHealthTests",
            dependencies: [
                "FlumeHealth", "FlumeWorker", "Flume", "FlumeWire", "FlumeRedis", "TestSupport",
                // Only a process of its own can have all its threads blocked.
                "interop-worker",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "FlumeCheckTests",
            dependencies: [
                "FlumeCheck", "FlumeWorker", "Flume", "FlumeWire", "FlumeRedis", "TestSupport", "flume-check",
            ]),
        .testTarget(
            name: "ReadmeTests",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeInspector", "FlumeTracing", "FlumeWorkerTracing", "FlumeConfiguration",
                "FlumeTesting", "FlumeCron", "FlumeCheck", "FlumeHealth", "FlumeActiveJob", "FlumeWorkerActiveJob",
                "FlumeWire", "FlumeRedis", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Flume", "FlumeInspector", "FlumeWorker", "FlumeWire", "FlumeRedis", "TestSupport",
                "interop-worker", "interop-producer", "flume-check", "flume-demo",
            ]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        .treatWarning("ExplicitSendable", as: .error),
        .strictMemorySafety(),
    ]
}
