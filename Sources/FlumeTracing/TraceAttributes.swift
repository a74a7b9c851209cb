package import FlumeWire
package import Tracing

/// What a job's spans say of it, in the words of OpenTelemetry's instrumentation of Sidekiq.
///
/// They are API: dashboards read them.
package enum TraceAttributes {
    /// The attributes that producer and consumer have in common.
    package static func describe(_ payload: JobPayload, queue: String, on span: any Span) {
        span.updateAttributes { attributes in
            attributes["messaging.system"] = "sidekiq"
            attributes["messaging.sidekiq.job_class"] = payload.handlerName
            attributes["messaging.message_id"] = payload.jid
            attributes["messaging.destination"] = queue
            attributes["messaging.destination_kind"] = "queue"
        }
    }

    /// An event at a moment that the payload tells.
    package static func addMoment(_ name: String, _ time: Timestamp?, to span: any Span) {
        guard let time, time.microseconds >= 0 else { return }
        let nanoseconds = UInt64(time.microseconds).multipliedReportingOverflow(by: 1000)
        guard !nanoseconds.overflow else { return }
        span.addEvent(SpanEvent(name: name, at: Moment(nanosecondsSinceEpoch: nanoseconds.partialValue)))
    }

    /// The error that ends a span.
    ///
    /// Of an error about a job's arguments only what quotes none of them: more people read traces than Redis.
    package static func record(_ error: any Error, on span: any Span) {
        let error = (error as? ArgumentsError)?.withoutValues ?? error
        span.recordError(error)
        span.setStatus(SpanStatus(code: .error, message: "\(type(of: error)): \(error)"))
    }

    private struct Moment: TracerInstant {
        let nanosecondsSinceEpoch: UInt64

        static func < (left: Self, right: Self) -> Bool { left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch }
    }
}
