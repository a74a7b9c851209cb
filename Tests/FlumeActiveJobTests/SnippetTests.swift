import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Logging
import TestSupport
import Testing

/// What the README shows, so that it compiles and does what it says.
@Suite("The README's ActiveJob")
struct SnippetTests {
    struct Money: Codable { var amount: Int; var currency: String }

    // class InvoiceJob < ApplicationJob
    //   queue_as :billing
    //   def perform(customer, lines, due:, discount: nil)
    struct InvoiceJob: ActiveJob {
        static var options: ActiveJobOptions { .init(queue: "billing") }
        static var coding: ActiveJobCoding {
            .init(serializers: [ActiveJobSerializer("MoneySerializer", for: Money.self)])
        }

        var customer: GlobalID  // gid://shop/Customer/42
        var lines: [Money]
        @Keyword var due: RubyDate
        @Keyword var discount: BigDecimal? = nil
    }

    private struct NotReady: Error {}
    private struct Gone: Error {}

    private func due() throws -> RubyDate { try #require(RubyDate(year: 2026, month: 12, day: 24)) }

    @Test("a job is enqueued as Rails enqueues it, and performed by its handler with retry_on and discard_on")
    func example() async throws {
        try await withProbe { probe in
            let redis = probe.client
            let customer = GlobalID(app: "shop", model: "Customer", id: 42)
            let due = try due()
            let journal = Journal()

            let jobs = JobClient(redis: redis)
            try await jobs.enqueue(
                InvoiceJob(customer: customer, lines: [Money(amount: 5, currency: "EUR")], due: due))
            try await jobs.enqueue(
                activeJob: "ReportJob", arguments: [7, .hash(.keywords(["format": .symbol("pdf")]))])

            let handlers = HandlerRegistry {
                Handler(
                    for: InvoiceJob.self,
                    rules: [
                        .retryOn(NotReady.self, as: ["Billing::NotReady"], wait: .polynomiallyLonger, attempts: 10),
                        .discardOn(Gone.self),
                    ]
                ) { job, context in
                    context.logger.info("invoice", metadata: ["execution": "\(context.executions)"])
                    journal.note("\(job.customer.id(as: Int.self) ?? 0) \(job.due) \(context.locale ?? "en")")
                }
                Handler.mailDeliveries { mail, context in
                    journal.note("\(mail.mailer)#\(mail.method)")
                }
            }
            #expect(handlers.jobClasses.contains("InvoiceJob"))

            let stored = try JobPayload(parsing: Array(try await probe.queue("billing")[0].utf8))
            #expect(try InvoiceJob(decodingArgumentsOf: stored).due == due)
            #expect(try InvoiceJob(decodingArgumentsOf: stored).lines.map(\.amount) == [5])
            let report = try JobPayload(parsing: Array(try await probe.queue("default")[0].utf8))
            #expect(try ActiveJobEnvelope(report).arguments().values.count == 2)
        }
    }

    @Test("current attributes go from a web request through a job to the jobs it enqueues")
    func attributes() async throws {
        try await withProbe { probe in
            let redis = probe.client
            let jobs = JobClient(redis: redis, middleware: [CurrentAttributesClientMiddleware()])
            try await CurrentAttributes.$current.withValue(try CurrentAttributes(["user_id": 5])) {
                _ = try await jobs.push(JobPayload(jobClass: "RubyJob", arguments: [1]))
            }
            var configuration = WorkerConfiguration()
            configuration.clientMiddleware = [CurrentAttributesClientMiddleware()]
            let middleware: [any ServerMiddleware] = [CurrentAttributesServerMiddleware()]
            #expect(middleware.count == configuration.clientMiddleware.count)
            let stored = try JobPayload(parsing: Array(try await probe.queue("default")[0].utf8))
            #expect(stored["cattr"] == ["user_id": 5])
        }
    }
}
