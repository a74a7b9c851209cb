/// The kinds of limits that a pipeline can have, by the names they have in code.
enum LimitKind: String, CaseIterable {
    case slidingWindow = "sliding_window"
    case tokenBucket = "token_bucket"
    case leakyBucket = "leaky_bucket"
    case concurrency

    static let words = "sliding_window, token_bucket, leaky_bucket or concurrency"
}
