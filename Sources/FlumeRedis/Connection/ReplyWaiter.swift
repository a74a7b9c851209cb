/// Who waits for the replies of a request.
///
/// Exactly one of its two functions is called, exactly once: the request is in one queue of the state machine at
/// a time, and whoever takes it out resumes it.
///
/// `@safe`: by that rule no continuation is resumed twice or forgotten.
@safe enum ReplyWaiter: Sendable {
    case one(UnsafeContinuation<Result<RedisReply, RedisError>, Never>)
    case many(UnsafeContinuation<Result<[RedisReply], RedisError>, Never>)
    /// Called on the event loop.
    case closure(@Sendable (Result<[RedisReply], RedisError>) -> Void)
    /// The connection's own PING.
    case nobody

    func succeed(_ reply: RedisReply) {
        switch self {
        case .one(let continuation): unsafe continuation.resume(returning: .success(reply))
        case .many(let continuation): unsafe continuation.resume(returning: .success([reply]))
        case .closure(let body): body(.success([reply]))
        case .nobody: break
        }
    }

    func succeed(_ replies: [RedisReply]) {
        switch self {
        case .one(let continuation): unsafe continuation.resume(returning: .success(replies.first ?? .null))
        case .many(let continuation): unsafe continuation.resume(returning: .success(replies))
        case .closure(let body): body(.success(replies))
        case .nobody: break
        }
    }

    func fail(_ error: RedisError) {
        switch self {
        case .one(let continuation): unsafe continuation.resume(returning: .failure(error))
        case .many(let continuation): unsafe continuation.resume(returning: .failure(error))
        case .closure(let body): body(.failure(error))
        case .nobody: break
        }
    }
}
