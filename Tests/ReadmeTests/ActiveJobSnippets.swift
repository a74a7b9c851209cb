// The Swift blocks of the chapter "ActiveJob", word for word.

import Flume
import FlumeActiveJob
import FlumeRedis
import FlumeWire
import FlumeWorker
import FlumeWorkerActiveJob
import Logging

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

struct NotReady: Error {}
struct Gone: Error {}

func enqueueForRails(_ redis: RedisClient, _ customer: GlobalID, _ due: RubyDate) async throws {
    let jobs = JobClient(redis: redis)
    try await jobs.enqueue(InvoiceJob(customer: customer, lines: [Money(amount: 5, currency: "EUR")], due: due))
    try await jobs.enqueue(activeJob: "ReportJob", arguments: [7, .hash(.keywords(["format": .symbol("pdf")]))])
}

func performForRails() -> HandlerRegistry {
    let handlers = HandlerRegistry {
        Handler(
            for: InvoiceJob.self,
            rules: [
                .retryOn(NotReady.self, as: ["Billing::NotReady"], wait: .polynomiallyLonger, attempts: 10),
                .discardOn(Gone.self),
            ]
        ) { job, context in
            context.logger.info("invoice", metadata: ["execution": "\(context.executions)"])
        }
        Handler.mailDeliveries { mail, context in
            print("\(mail.mailer)#\(mail.method)", mail.params ?? [:], mail.arguments)
        }
    }
    return handlers
}

func currentAttributes(_ redis: RedisClient) async throws -> (WorkerConfiguration, [any ServerMiddleware]) {
    var configuration = WorkerConfiguration()
    configuration.clientMiddleware = [CurrentAttributesClientMiddleware()]
    let middleware: [any ServerMiddleware] = [CurrentAttributesServerMiddleware()]

    // In a web application:
    let jobs = JobClient(redis: redis, middleware: [CurrentAttributesClientMiddleware()])
    try await CurrentAttributes.$current.withValue(try CurrentAttributes(["user_id": 5])) {
        _ = try await jobs.push(JobPayload(jobClass: "RubyJob", arguments: [1]))
    }
    return (configuration, middleware)
}
