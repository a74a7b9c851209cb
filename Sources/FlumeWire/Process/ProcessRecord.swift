/// What a process says of itself in its identity hash, so that the Web UI of every Sidekiq from 6.4 on shows it.
package struct ProcessRecord: Sendable, Hashable {
    package var hostname: String
    package var startedAt: Timestamp
    package var pid: Int
    /// A text shown beside the name, empty for none.
    package var tag: String
    package var capsules: [CapsuleRecord]
    package var labels: [String]
    package var identity: String
    package var version: String
    package var embedded: Bool

    /// Describes a process.
    package init(
        hostname: String, startedAt: Timestamp, pid: Int, tag: String = "", capsules: [CapsuleRecord],
        labels: [String] = [], identity: String, version: String, embedded: Bool = false
    ) {
        self.hostname = hostname
        self.startedAt = startedAt
        self.pid = pid
        self.tag = tag
        self.capsules = capsules
        self.labels = labels
        self.identity = identity
        self.version = version
        self.embedded = embedded
    }

    /// How many jobs it runs at most at a time.
    package var concurrency: Int {
        capsules.reduce(0) { $0.addingReportingOverflow($1.concurrency).partialValue }
    }

    /// The `info` field.
    ///
    /// Every version of the UI misses something if one of these is left out.
    package var info: [UInt8] {
        var queues: [String] = []
        for queue in capsules.flatMap(\.queues) where !queues.contains(queue.name) { queues.append(queue.name) }
        var info = JSONObject()
        info["hostname"] = .string(hostname)
        info["started_at"] = .number(JSONNumber(trusted: text(startedAt.json(unit: .floatSeconds))))
        info["pid"] = .int(pid)
        info["tag"] = .string(tag)
        info["concurrency"] = .int(concurrency)
        info["queues"] = .array(queues.map { .string($0) })
        info["weights"] = .array(capsules.map { .object($0.weights) })
        info["capsules"] = .object(JSONObject(capsules.map { .init(key: $0.name, value: $0.json) }))
        info["labels"] = .array(labels.map { .string($0) })
        info["identity"] = .string(identity)
        info["version"] = .string(version)
        info["embedded"] = .bool(embedded)
        return JSONValue.object(info).json
    }

    /// The fields of the identity hash for one beat, all that any version reads.
    ///
    /// `info` is ``info``, kept by the caller since it does not change between beats; `busy` is the number of running
    /// jobs, `quiet` says whether it has stopped fetching, resident memory is in KiB, and the round trip is a PING's.
    /// Exq's pages read those two inside `info`.
    package func hashFields(
        info: [UInt8], busy: Int, beat: Timestamp, quiet: Bool, residentKilobytes: Int, roundTripMicroseconds: Int
    ) -> [(name: String, value: [UInt8])] {
        let live = #","busy":\#(busy),"quiet":\#(quiet)}"#
        return [
            ("info", info.dropLast() + Array(live.utf8)),
            ("concurrency", Array(String(concurrency).utf8)),
            ("busy", Array(String(busy).utf8)),
            ("beat", beat.json(unit: .floatSeconds)),
            ("rtt_us", Array(String(roundTripMicroseconds).utf8)),
            ("quiet", Array((quiet ? "true" : "false").utf8)),
            ("rss", Array(String(residentKilobytes).utf8)),
        ]
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
