// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "flume",
    products: [
        .library(name: "Flume", targets: ["Flume"]),
        .library(name: "FlumeWorker", targets: ["FlumeWorker"]),
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
        // `Worker` and `RedisClient` are services: start, graceful shutdown, order.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // The command line of the executables.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        // MARK: The way down, from what users link to what touches the socket

        .target(
            name: "FlumeWorker",
            dependencies: [
                "Flume", "FlumeStore", "FlumeWire", "FlumeRedis",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
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
                .embedInCode("Push/push.lua"), .embedInCode("Fetch/fetch.lua"), .embedInCode("Fetch/adopt.lua"),
                .embedInCode("Settle/settle.lua"), .embedInCode("Schedule/due.lua"),
                .embedInCode("Schedule/promote.lua"), .embedInCode("Lease/hold.lua"), .embedInCode("Lease/bury.lua"),
                .embedInCode("Lease/leave.lua"), .embedInCode("Limit/limit.lua"), .embedInCode("Limit/acquire.lua"),
                .embedInCode("Limit/declare.lua"), .embedInCode("Limit/backoff.lua"), .embedInCode("Limit/usage.lua"),
                .embedInCode("Limit/renew.lua"), .embedInCode("Limit/admit.lua"), .embedInCode("Limit/unpark.lua"),
                .embedInCode("Limit/forget.lua"),
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
        .target(name: "FlumeWire", dependencies: ["CZlib"]),

        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // MARK: Executables

        .executableTarget(
            name: "flume-demo",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "interop-worker",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "interop-producer",
            dependencies: [
                "Flume", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "flume-load",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // MARK: Tests

        .target(
            name: "TestSupport",
            dependencies: [
                "FlumeRedis", "FlumeWire",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport"),
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
                "FlumeWorker", "Flume", "FlumeStore", "FlumeWire", "FlumeRedis", "TestSupport",
                // Only real processes can be killed: their worker.
                "interop-worker",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "ReadmeTests",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeWire", "FlumeRedis",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Flume", "FlumeWorker", "FlumeWire", "FlumeRedis", "TestSupport",
                "interop-worker", "interop-producer",
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
