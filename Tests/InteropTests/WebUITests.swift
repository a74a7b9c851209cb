import FlumeWire
import Foundation
import TestSupport
import Testing

/// Each page of Sidekiq's own Web UI while Swift jobs are queued, running, retrying, scheduled and dead.
@Suite(.serialized, .enabled(Comment(rawValue: Ruby.absence)) { try await Ruby.isThere.value })
struct WebUITests {
    @Test("each page is there and says what is so")
    func pages() async throws {
        try await withInterop { interop in
            // Nobody serves the queue "waiting".
            let waiting = try await interop.enqueue(from: .swift, "EchoJob", #"["ü <b>"]"#, queue: "waiting")
            let scheduled = try await interop.enqueue(
                from: .swift, "EchoJob", #"["later"]"#, queue: "waiting", "--in", "3600")
            let retrying = try await interop.enqueue(
                from: .ruby, "FailJob", #"["boom <i>ü</i>"]"#, queue: "ui",
                "--set", #"{"backtrace":true,"tags":["red"]}"#)
            let dead = try await interop.enqueue(
                from: .ruby, "FailJob", #"["too bad"]"#, queue: "ui", "--set", #"{"retry":0}"#)
            let running = try await interop.enqueue(from: .swift, "SleepJob", "[300]", queue: "ui")

            let (pages, identity) = try await interop.withWorker(
                .swift, queues: "ui:3,other:1", concurrency: 3, shutdownTimeout: 1
            ) { worker in
                _ = try await interop.entries("retry", count: 1)
                _ = try await interop.entries("dead", count: 1)
                try await eventually("a beat tells of the running job", timeout: .seconds(40)) {
                    try interop.database.execute("HGET", worker.identity, "busy") == "1"
                }
                return (try await interop.pages(), worker.identity)
            }
            for (path, page) in pages.pages { #expect(page.status == 200, "\(path)") }

            let busy = try #require(pages["/busy"])
            // "host:pid:nonce"; the page shows the first two.
            let process = identity.split(separator: ":").dropLast().joined(separator: ":")
            let row = try #require(busy.row(with: process, "ui"), "\(busy.rows)")
            #expect(row.contains { $0.contains("other") })
            #expect(Array(row.dropFirst(3).prefix(2)) == ["3", "1"], "threads and busy: \(row)")
            #expect(busy.row(with: identity, running[0], "SleepJob", "ui", "300") != nil, "\(busy.rows)")

            let dashboard = try #require(pages["/"])
            #expect(dashboard.text.contains("Busy") && dashboard.text.contains("Processed"))
            let stats = try #require(pages["/stats"]).text
            for fact in ["busy", "processes", "enqueued", "scheduled", "retries", "dead"] {
                #expect(stats.contains(#""\#(fact)":1"#), "\(fact) in \(stats)")
            }

            #expect(pages["/queues"]?.row(with: "waiting", "1") != nil)
            #expect(pages["/queues/waiting"]?.row(with: waiting[0], "EchoJob", #""ü <b>""#) != nil)

            #expect(pages["/retries"]?.row(with: "FailJob", "ui", "boom <i>ü</i>", "red") != nil)
            let retry = try #require(pages.detail("retries", jid: retrying[0]))
            #expect(retry.row(with: "JID", retrying[0]) != nil)
            #expect(retry.text.contains("boom <i>ü</i>"))
            #expect(retry.text.contains("Backtrace"), "\(retry.text)")

            #expect(pages["/scheduled"]?.row(with: "EchoJob", "waiting", #""later""#) != nil)
            #expect(pages.detail("scheduled", jid: scheduled[0])?.row(with: "JID", scheduled[0]) != nil)

            #expect(pages["/morgue"]?.row(with: "FailJob", "ui", "too bad") != nil)
            #expect(pages.detail("morgue", jid: dead[0])?.row(with: "JID", dead[0]) != nil)
        }
    }

    @Test("every page is there after the worker has gone")
    func afterwards() async throws {
        try await withInterop { interop in
            _ = try await interop.enqueue(from: .swift, "EchoJob", "[1]")
            let identity = try await interop.withWorker(.swift) { worker in
                _ = try await interop.echoes(count: 1)
                return worker.identity
            }
            let pages = try await interop.pages()
            for (path, page) in pages.pages { #expect(page.status == 200, "\(path)") }
            #expect(try interop.database.execute("SISMEMBER", "processes", identity) == "0")
            #expect(try #require(pages["/stats"]).text.contains(#""processed":1"#))
            // Sidekiq 6 has no such page.
            if let metrics = pages["/metrics"] {
                let row = try #require(metrics.row(with: "EchoJob"), "\(metrics.rows) \(metrics.text)")
                #expect(row.contains("1"), "\(row)")
                #expect(pages["/metrics/EchoJob"]?.status == 200)
            }
        }
    }
}
