/// The fields whose place in a payload is remembered when it is read.
enum KnownField: Int, CaseIterable {
    case jid, jobClass, arguments, queue, retry, retryCount, createdAt, enqueuedAt, failedAt, retriedAt
    case retryFor, retryQueue, wrapped, displayClass, backtrace, dead, tags, at
    case uniqueFor, uniqueUntil, uniqueToken, logLevel

    /// The key in the payload.
    var key: String {
        switch self {
        case .jid: "jid"
        case .jobClass: "class"
        case .arguments: "args"
        case .queue: "queue"
        case .retry: "retry"
        case .retryCount: "retry_count"
        case .createdAt: "created_at"
        case .enqueuedAt: "enqueued_at"
        case .failedAt: "failed_at"
        case .retriedAt: "retried_at"
        case .retryFor: "retry_for"
        case .retryQueue: "retry_queue"
        case .wrapped: "wrapped"
        case .displayClass: "display_class"
        case .backtrace: "backtrace"
        case .dead: "dead"
        case .tags: "tags"
        case .at: "at"
        case .uniqueFor: "unique_for"
        case .uniqueUntil: "unique_until"
        case .uniqueToken: "unique_token"
        case .logLevel: "log_level"
        }
    }

    /// The field of a key without escapes, its quotes not included in the bounds.
    @inline(__always)
    init?(_ text: Span<UInt8>, from start: Int, to end: Int) {
        switch end &- start {
        case 2 where text.matches("at", at: start): self = .at
        case 3 where text.matches("jid", at: start): self = .jid
        case 4 where text.matches("args", at: start): self = .arguments
        case 4 where text.matches("dead", at: start): self = .dead
        case 4 where text.matches("tags", at: start): self = .tags
        case 5 where text.matches("class", at: start): self = .jobClass
        case 5 where text.matches("queue", at: start): self = .queue
        case 5 where text.matches("retry", at: start): self = .retry
        case 7 where text.matches("wrapped", at: start): self = .wrapped
        case 9 where text.matches("failed_at", at: start): self = .failedAt
        case 9 where text.matches("retry_for", at: start): self = .retryFor
        case 9 where text.matches("backtrace", at: start): self = .backtrace
        case 9 where text.matches("log_level", at: start): self = .logLevel
        case 10 where text.matches("created_at", at: start): self = .createdAt
        case 10 where text.matches("retried_at", at: start): self = .retriedAt
        case 11 where text.matches("enqueued_at", at: start): self = .enqueuedAt
        case 11 where text.matches("retry_count", at: start): self = .retryCount
        case 11 where text.matches("retry_queue", at: start): self = .retryQueue
        case 10 where text.matches("unique_for", at: start): self = .uniqueFor
        case 12 where text.matches("unique_until", at: start): self = .uniqueUntil
        case 12 where text.matches("unique_token", at: start): self = .uniqueToken
        case 13 where text.matches("display_class", at: start): self = .displayClass
        default: return nil
        }
    }

    /// The field of a decoded key.
    init?(key: String) {
        switch key {
        case "jid": self = .jid
        case "class": self = .jobClass
        case "args": self = .arguments
        case "queue": self = .queue
        case "retry": self = .retry
        case "retry_count": self = .retryCount
        case "created_at": self = .createdAt
        case "enqueued_at": self = .enqueuedAt
        case "failed_at": self = .failedAt
        case "retried_at": self = .retriedAt
        case "retry_for": self = .retryFor
        case "retry_queue": self = .retryQueue
        case "wrapped": self = .wrapped
        case "display_class": self = .displayClass
        case "backtrace": self = .backtrace
        case "dead": self = .dead
        case "tags": self = .tags
        case "at": self = .at
        case "unique_for": self = .uniqueFor
        case "unique_until": self = .uniqueUntil
        case "unique_token": self = .uniqueToken
        case "log_level": self = .logLevel
        default: return nil
        }
    }
}
