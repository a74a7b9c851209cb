import FlumeWire
import Testing

@Suite("names of keys")
struct KeyTests {
    /// 2026-11-21 09:49:30 UTC.
    private let captured = CivilTime(Timestamp(microseconds: 1_795_254_570_000_000))

    @Test("without a namespace they are Sidekiq's")
    func bare() {
        let keys = KeySpace()
        #expect(keys.queues == "queues")
        #expect(keys.queue("a:b") == "queue:a:b")
        #expect([keys.schedule, keys.retry, keys.dead, keys.paused] == ["schedule", "retry", "dead", "paused"])
        #expect(keys.processes == "processes")
        #expect(keys.process("vm:1:ab") == "vm:1:ab")
        #expect(keys.work("vm:1:ab") == "vm:1:ab:work")
        #expect(keys.legacyWork("vm:1:ab") == "vm:1:ab:workers")
        #expect(keys.signals("vm:1:ab") == "vm:1:ab-signals")
        #expect(keys.processCleanup == "process_cleanup")
        #expect(keys.processedTotal == "stat:processed")
        #expect(keys.failed(on: captured) == "stat:failed:2026-11-21")
        #expect(keys.iteration("j") == "it-j")
    }

    @Test("a namespace is put in front of each, with a colon")
    func namespace() {
        let keys = KeySpace(namespace: "{app}")
        #expect(keys.queues == "{app}:queues")
        #expect(keys.queue("default") == "{app}:queue:default")
        #expect(keys.queuePrefix == "{app}:queue:")
        #expect(keys.processed(on: captured) == "{app}:stat:processed:2026-11-21")
        #expect(keys.inflight("i") == "{app}:flume:inflight:i")
        #expect(keys.lease("i") == "{app}:flume:lease:i")
        #expect(keys.flumeProcesses == "{app}:flume:processes")
        #expect(keys.recoveries("j") == "{app}:flume:recoveries:j")
        #expect(keys.flumePaused == "{app}:flume:paused")
    }

    @Test("Exq's raw keys begin with a colon in an empty namespace")
    func exq() {
        #expect(KeySpace().exqProcesses == ":processes")
        #expect(KeySpace().exqSignals("host") == ":host-signals")
        #expect(KeySpace(namespace: "exq").exqProcess("host") == "exq:host")
        #expect(KeySpace(namespace: "exq").exqBackup(node: "host", queue: "q") == "exq:queue:backup::host::q")
        #expect(KeySpace().exqBackup(node: "host", queue: "q") == "queue:backup::host::q")
    }

    @Test("every captured key of statistics and metrics is one of ours")
    func capturedKeys() throws {
        let classes = [
            "AjDiscardJob", "AjRetryOnJob", "BigArgsJob", "Deep::Nested::Job", "IterJob", "LowJob", "PlainJob",
            "PriorityJob",
            "RichJob",
        ]
        let keys = KeySpace()
        func ours(_ layout: MetricsLayout) -> Set<String> {
            // 09:47 to 09:50.
            let times = (0..<4).map { CivilTime(Timestamp(microseconds: (1_795_254_420 + $0 * 60) * 1_000_000)) }
            return Set(
                times.flatMap { time in
                    [keys.marks(on: time), keys.processed(on: time), keys.failed(on: time)]
                        + keys.metricCounters(layout, at: time).map(\.key)
                        + classes.map { keys.histogram(layout, of: $0, at: time).key }
                })
        }
        let rows = try Fixture.data("metrics-keys.tsv").split(separator: UInt8(ascii: "\n"))
        #expect(rows.count > 30)
        for row in rows {
            let parts = String(decoding: row, as: UTF8.self).split(separator: "\t")
            let (version, key) = (parts[0], String(parts[1]))
            #expect(ours(version.hasPrefix("8") ? .sidekiq8 : .sidekiq7).contains(key), "\(version) \(key)")
        }
    }

    @Test("paddings differ between the versions: minute 5 of hour 9 on the 3rd")
    func paddings() throws {
        let time = CivilTime(Timestamp(microseconds: 1_793_696_700_000_000))
        #expect(time.isoMinute == "2026-11-03T09:05:00Z")
        let keys = KeySpace()
        #expect(keys.metricCounters(.sidekiq7, at: time).map(\.key) == ["j|20261103|9:5"])
        #expect(keys.metricCounters(.sidekiq8, at: time).map(\.key) == ["j|261103|9:0", "j|261103|9:05"])
        #expect(keys.metricCounters(.sidekiq8, at: time).map(\.lifetime) == [259_200, 28_800])
        #expect(keys.histogram(.sidekiq7, of: "K", at: time).key == "K-03-09:5")
        #expect(keys.histogram(.sidekiq8, of: "K", at: time).key == "h|K-3-9:5")
        #expect(keys.marks(on: time) == "20261103-marks")
        #expect(MetricsLayout.processedField("A|B") == "A_B|p")
    }

    @Test(
        "days are those of the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"), (1_709_164_800, "2024-02-29T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"), (1_798_761_599, "2026-12-31T23:59:00Z"),
            (253_402_300_799, "9999-12-31T23:59:00Z"),
        ])
    func calendar(seconds: Int, text: String) {
        #expect(CivilTime(Timestamp(microseconds: seconds * 1_000_000)).isoMinute == text)
    }

    @Test("absurd moments have some day, without a trap", arguments: [Int.min, Int.max])
    func absurd(microseconds: Int) {
        #expect(!CivilTime(Timestamp(microseconds: microseconds)).isoDate.isEmpty)
    }

    @Test("histograms have 26 buckets with Sidekiq's bounds")
    func histogram() {
        #expect(HistogramBuckets.count == 26)
        #expect(
            [-5, 0, 19, 20, 29, 30, 334_999, 335_000, .max].map { HistogramBuckets.bucket(milliseconds: $0) } == [
                0, 0, 0, 1, 1, 2, 24, 25, 25,
            ])
        var buckets = HistogramBuckets()
        for _ in 0..<3 { buckets.record(milliseconds: 5) }
        buckets.record(milliseconds: 400_000)
        #expect(buckets.increments.map(\.bucket) == [0, 25])
        #expect(buckets.increments.map(\.count) == [3, 1])
        #expect(HistogramBuckets(stored: [0, 3, 1, 0]).counts.prefix(3) == [3, 256, 0])
    }
}
