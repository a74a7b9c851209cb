import FlumeConfiguration
import FlumeCron
import FlumeWire
import Testing

@Suite("A YAML file of periodic jobs")
struct ScheduleFileTests {
    @Test("in sidekiq-cron's form with names as keys is read as it is")
    func hash() throws {
        let schedule = try CronSchedule(
            yaml: """
                # config/schedule.yml
                my_first_job:
                  cron: "*/5 * * * *"
                  class: "HardWorker"
                  queue: hard_worker

                second job:
                  cron: "0 3 * * * Europe/Berlin"
                  klass: HardWorker
                  queue: <%= ENV.fetch("QUEUE") { "long" } %>
                  args:
                    hard: "stuff"
                    :deep: [1, 2.5, true, ~, "5", 2024-01-01]
                    sym: :symbol
                  description: A sentence.
                  status: disabled
                  date_as_argument: true
                  retry: 5
                  missed: 10
                third:
                  cron: "30 9 * * mon"
                  class: "Deep::Job"
                  active_job: true
                  queue_name_prefix: app
                  queue_name_delimiter: "."
                  symbolize_args: true
                  args: [{a: 1}]
                """, zone: "America/New_York", variables: [:])
        #expect(schedule.entries.map(\.name) == ["my_first_job", "second job", "third"])
        let (first, second, third) = (schedule.entries[0], schedule.entries[1], schedule.entries[2])
        #expect(first.payload["class"] == "HardWorker" && first.payload["queue"] == "hard_worker")
        #expect(try first.payload.arguments() == [] && first.isEnabled && first.missed == .runOnce)
        #expect(first.expression.description == "*/5 * * * * America/New_York")

        #expect(second.expression.text == "0 3 * * *" && second.expression.zone == "Europe/Berlin")
        #expect(second.payload["queue"] == "long" && second.payload["retry"] == 5)
        #expect(
            try second.payload.arguments()
                == [["hard": "stuff", "deep": [1, 2.5, true, .null, "5", "2024-01-01"], "sym": "symbol"]])
        #expect(!second.isEnabled && second.tickArgument == .seconds && second.description == "A sentence.")
        #expect(second.missed == .runAll(limit: 10))

        #expect(third.isActiveJob && third.payload["queue"] == "app.default")
        #expect(try third.payload.arguments() == [["a": 1, "_aj_symbol_keys": ["a"]]])
    }

    @Test("as a list whose items have names is read too, and an empty one has no entries")
    func array() throws {
        let schedule = try CronSchedule(
            yaml: """
                - name: first
                  cron: "@daily"
                  zone: Asia/Tokyo
                  class: A
                  args: text
                  enabled: false
                  missed: skip
                - name: second
                  cron: "1 * * * *"
                  class: B
                  args: 5
                  include_metadata: true
                  missed: all
                """)
        #expect(schedule.entries.map(\.name) == ["first", "second"])
        #expect(schedule.entries[0].expression.description == "@daily Asia/Tokyo")
        #expect(try schedule.entries.map { try $0.payload.arguments() } == [["text"], [5]])
        #expect(schedule.entries.map(\.isEnabled) == [false, true])
        #expect(schedule.entries.map(\.missed) == [.skip, .runAll()])
        #expect(schedule.entries[1].tickArgument == .object)
        #expect(try CronSchedule(yaml: "").entries.isEmpty)
        #expect(try CronSchedule(yaml: "--- {}").entries.isEmpty)
    }

    @Test(
        "with a mistake is refused with file, line and key",
        arguments: [
            ("a:\n  cron: '61 * * * *'\n  class: A", "s.yml:2: a.cron: minute: found 61; accepted are *, 0 to 59"),
            ("a:\n  cron: '* * * *'\n  class: A", "s.yml:2: a.cron: found 4 fields in \"* * * *\", expected 5 fields"),
            ("a:\n  cron: '0 0 30 2 *'\n  class: A", "s.yml:2: a.cron: day of month: found 30 in month 2: there is no"),
            (
                "a:\n  class: A\n  cron: '0 3 * * * Mars/Base'",
                "s.yml:3: a.cron: zone: there is no time zone \"Mars/Base\""
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  zone: Berlin",
                "s.yml:4: a.zone: there is no time zone \"Berlin\"; did you mean Europe/Berlin?"
            ),
            ("a:\n  class: A", "s.yml:1: a: it has no cron, such as cron:"),
            ("a:\n  cron: '@daily'", "s.yml:1: a: it has no class"),
            (
                "a:\n  cron: '@daily'\n  class: ''",
                "s.yml:3: a.class: found the text \"\", expected text that is not empty"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  queu: low",
                "s.yml:4: a.queu: there is no such key; did you mean queue?"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  colour: red",
                "s.yml:4: a.colour: there is no such key; there are name, cron,"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  enabled: maybe",
                "s.yml:4: a.enabled: found maybe, expected true or false"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  status: on",
                "s.yml:4: a.status: found on, expected enabled or disabled"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  missed: never",
                "s.yml:4: a.missed: found never, expected skip, once, all or how many"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  missed: 5000",
                "s.yml:4: a.missed: found a limit of 5000, expected 1 to 1000"
            ),
            (
                "a:\n  cron: '@daily'\n  class: A\n  retry: often",
                "s.yml:4: a.retry: found often, expected true, false or how often"
            ),
            ("a:\n  cron: [1]\n  class: A", "s.yml:2: a.cron: found a list, expected text"),
            ("- cron: '@daily'\n  class: A", "s.yml:1: [0]: it has no name"),
            (
                "- {name: a, cron: '@daily', class: A}\n- {name: a, cron: '@daily', class: A}",
                "s.yml:2: [1]: there is another entry named a"
            ),
            ("a: 5", "s.yml:1: a: found 5, expected keys and values"),
            ("text", "s.yml:1: found text, expected entries: a name, and below it cron and class"),
            ("a: {", "s.yml:1: not readable as YAML"),
            ("a:\n  cron: '<%= Rails.env %>'\n  class: A", "s.yml:2: <%= Rails.env %>"),
        ])
    func mistakes(yaml: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try CronSchedule(yaml: yaml, file: "s.yml", variables: [:])
        }
        #expect(error?.description.hasPrefix(message) == true, "\(error.map(\.description) ?? "nothing")")
    }

    @Test("with several mistakes is refused with all of them")
    func all() {
        let error = #expect(throws: ConfigurationError.self) {
            try CronSchedule(
                yaml:
                    "a:\n  cron: '61 * * * *'\n  class: A\nb:\n  cron: '@daily'\n  class: B\n  x: 1\n  enabled: 5\nc: {}",
                file: "s.yml")
        }
        #expect(error?.problems.compactMap(\.line) == [2, 7, 8, 9])
    }
}
