import FlumeConfiguration
import FlumeWire
import FlumeWorker
import Testing

@Suite("Limits of a pipeline in a file")
struct LimitSettingsTests {
    @Test(
        "that are wrong are named with line and key",
        arguments: [
            ("- sliding_window: 0\n        per: 1s", 5, "[0].sliding_window: found 0, expected a whole number"),
            ("- sliding_window: many\n        per: 1s", 5, "[0].sliding_window: found many, expected a whole number"),
            ("- sliding_window: 5", 5, "[0].sliding_window: it says nothing without per, such as 1s"),
            ("- sliding_window: 5\n        per: 400d", 6, "[0].per: found 400d, expected a duration of 366d at most"),
            ("- sliding_window: 5\n        per: soon", 6, "[0].per: found soon, expected a duration such as"),
            ("- sliding_window: 5\n        per: 1s\n        key: ''", 7, "[0].key: found the text \"\", expected text"),
            ("- leaky_bucket: 5\n        per: 1s\n        burst: 2", 7, "[0].burst: it is only for a token_bucket"),
            ("- token_bucket: 5\n        per: 1s\n        burst: 0", 7, "[0].burst: found 0, expected a whole number"),
            ("- token_bucket: 5\n        leaky_bucket: 5", 6, "[0].leaky_bucket: the limit is a token_bucket already"),
            ("- concurrency: 5\n        per: 1s", 6, "[0].per: a concurrency is how many run at a time"),
            ("- concurrency: 5\n        local: yes", 6, "[0].local: how many run at a time in this process is"),
            ("- concurrency: 5\n        local: 5", 6, "[0].local: found 5, expected true or false"),
            ("- concurrency: 5\n        by: tenant", 6, "[0].by: found tenant, expected a place among the arguments"),
            ("- leaky_bucket: 5\n        per: 1s\n        local: yes\n        by: args[0]", 8, "[0].by: jobs of a key"),
            ("- concurrency: 1\n      - per: 1s", 6, "[1]: a limit needs a kind: sliding_window, token_bucket,"),
            ("- concurency: 1", 5, "[0].concurency: there is no such key; did you mean concurrency?"),
            ("- 5", 5, "[0]: found 5, expected keys and values"),
            ("[]", 4, ": found a list, expected a list of limits, each with sliding_window, token_bucket,"),
            ("none", 4, ": found none, expected a list of limits"),
        ])
    func wrong(lines: String, line: Int, message: String) {
        let list = lines.hasPrefix("-") ? "\n      " + lines : " " + lines
        let found = problems("pipelines:\n  - name: p\n    queue: q\n    limits:\(list)\n")
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.hasPrefix("f.yml:\(line): pipelines[0].limits\(message)") == true, "\(found)")
    }

    @Test("that are wrong do not hide each other, nor other mistakes of the pipeline")
    func all() {
        let yaml = """
            pipelines:
              - name: p
                queue: q
                concurrency: 0
                limits:
                  - leaky_bucket: 0
                    per: 1s
                  - concurrency: -1
            """
        #expect(problems(yaml).map { $0.prefix(8) } == ["f.yml:4:", "f.yml:6:", "f.yml:8:"])
    }

    @Test("two of which would count under one name are refused where they stand")
    func names() {
        let yaml = """
            pipelines:
              - name: p
                queue: q
                rate_limit_count: 5
                rate_limit_scale: 1s
                limits:
                  - leaky_bucket: 5
                    per: 1s
            """
        #expect(
            problems(yaml) == ["f.yml:2: pipelines[0]: two limits under the key p: give each a key of its own"])
    }

    @Test("may take numbers from the environment")
    func substitution() throws {
        var settings = FlumeSettings()
        let yaml = "pipelines: [{name: p, queue: q, limits: [{leaky_bucket: '${N}', per: '${T:-2s}', key: '${K}'}]}]"
        try settings.read(yaml: yaml, variables: ["N": "7", "K": "k"])
        #expect(settings.pipelines[0].limits == [.init(.leakyBucket(7, per: .seconds(2), key: "k"))])
    }

    @Test("that were set in code are checked when the pipelines are made")
    func code() {
        let found = problems { settings throws(ConfigurationError) in
            settings.pipelines = [
                PipelineSettings("p", queues: [.init("q")], limits: [.init(.slidingWindow(0, per: .seconds(1)))]),
                PipelineSettings("s", queues: [.init("sq|h|q")]),
                PipelineSettings("w", queues: [.init("q", weight: -1)]),
            ]
            _ = try settings.makePipelines()
        }
        #expect(found.count == 3, "\(found)")
        #expect(found.first == "code: pipeline \"p\": a limit of 0: the count must be at least 1")
    }

    @Test(
        "take the key of a job from its arguments",
        arguments: [
            ("args[0]", "a"), ("args[1]", "7"), ("args[2]", "true"), ("args[3]", nil), ("args[9]", nil),
            ("args[4].tenant", "t"), ("args[4].user.id", "12345678901234567890"), ("args[4].nobody", nil),
            ("args[4].list[1]", "y"), ("args[0].tenant", nil), ("args[0][0]", nil),
        ] as [(String, String?)])
    func key(path: String, key: String?) throws {
        let text = """
            {"class":"A","jid":"j","args":["a",7,true,null,\
            {"tenant":"t","user":{"id":12345678901234567890},"list":["x","y"]}]}
            """
        let place = try #require(ArgumentPath(path))
        #expect(try place.key(of: JobPayload(parsing: Array(text.utf8))) == key)
    }

    @Test("fail a job whose key is a list, by its name")
    func noKey() throws {
        let payload = try JobPayload(parsing: Array(#"{"class":"A","jid":"j","args":[[1],{}]}"#.utf8))
        for (path, word) in [("args[0]", "an array"), ("args[1]", "an object")] {
            let place = try #require(ArgumentPath(path))
            let error = #expect(throws: NoKeyError.self) { try place.key(of: payload) }
            #expect(error.map { "\($0)" }?.hasPrefix("\(path): found \(word), expected text or a number") == true)
        }
    }

    @Test(
        "name no place in another way",
        arguments: [
            "", "args", "args[", "args[]", "args[-1]", "args[x]", "args[0", "args[0].", "args[0]x", "args.x",
            "args[0]..x", "args[99999999999999999999]", "payload[0]",
        ])
    func noPath(text: String) {
        #expect(ArgumentPath(text) == nil)
    }
}
