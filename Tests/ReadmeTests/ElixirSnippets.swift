// What stands in README.md beside the functions of Flume for Elixir; `ReadmeTests` compares the two.

import Flume
import FlumeInspector
import FlumeTesting
import FlumeWire
import FlumeWorker
import Logging

func enqueueing(_ jobs: JobClient, _ email: WelcomeEmail, _ emails: [WelcomeEmail], _ items: [BulkItem]) async throws {
    try await jobs.enqueue(WelcomeEmail(userID: 42, template: "hello"))
    let payload = JobPayload(jobClass: "Mailer/welcome", arguments: [42], queue: "mailers")
    let options = JobOptions(extra: ["context": ["tenant": "acme"]])
    try await jobs.push(payload)
    try await jobs.enqueue(email, options: options)
    try await jobs.enqueue(contentsOf: emails)
    try await jobs.enqueueAll(items)
    try await jobs.enqueue(email, after: .seconds(300))
}

func steering(_ worker: Worker, _ inspector: Inspector) async throws {
    try await worker.pause(.pipeline("ses"))
    try await worker.resume(.pipeline("ses"))
    try await worker.pause(.pipeline("ses"), permanently: true)
    try await inspector.pause(.pipeline("ses"))
    let isIdle = try await worker.pause(.pipeline("ses"), waiting: .seconds(5))
    try await worker.pause(.all)
    try await worker.resume(.all)
    let facts = try await inspector.facts()
    print(isIdle, try await worker.subscriptions(), facts.processes.map(\.pipelines))
    print(try await worker.runningCount(in: "ses"), try await worker.runningCount())
    print(facts.queues.map { ($0.name, $0.size) }, try await inspector.queue("mailers").size())
    try await worker.run()
}

func telling(
    _ context: JobContext, _ batch: JobBatch<WelcomeEmail>, _ configuration: WorkerConfiguration, _ event: FlumeEvent
) {
    print(context.payload["context"] as Any)
    print(batch.contexts.map { $0.payload["context"] })
    let observation = configuration.events.observe { event in print(event) }
    configuration.events.attach(MetricsObserver())
    configuration.events.emit(event)
    _ = (observation, Logger(label: "my-worker"))
}

func mocking(_ handlers: HandlerRegistry) -> TestJobs {
    TestJobs(handlers: handlers)
}
