import Synchronization

/// What the middleware and the handler of one attempt at a job tell each other: Exq's `assigns`, with types.
///
/// ```swift
/// enum CurrentUser: JobStorageKey { typealias Value = User }
///
/// struct LoadUser: ServerMiddleware {
///     func call(_ context: JobContext, next: (JobContext) async throws -> Void) async throws {
///         context.storage[CurrentUser.self] = try await users.find(context.payload["user_id"])
///         try await next(context)
///     }
/// }
/// ```
///
/// All copies of a context share one storage, each job of a batch has its own, and it ends with the attempt. What has to
/// survive a retry belongs into the job's arguments.
public final class JobStorage: Sendable {
    private let values = Mutex<[ObjectIdentifier: any Sendable]>([:])

    init() {}

    /// The value of a key; `nil` when nobody has set it, and to remove it.
    public subscript<Key: JobStorageKey>(_ key: Key.Type) -> Key.Value? {
        get { values.withLock { $0[ObjectIdentifier(key)] as? Key.Value } }
        set { values.withLock { $0[ObjectIdentifier(key)] = newValue } }
    }

    /// Changes the value of a key with nobody in between, for handlers that work on several things at a time.
    ///
    /// - Parameters:
    ///   - key: which.
    ///   - body: gets the value, `nil` when nobody has set it, and changes it; `nil` removes it. It runs under a lock.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws; what it has changed by then stays changed.
    public func update<Key: JobStorageKey, Result>(
        _ key: Key.Type, _ body: (inout Key.Value?) throws -> Result
    ) rethrows -> Result {
        try values.withLock { values in
            var value = values[ObjectIdentifier(key)] as? Key.Value
            defer { values[ObjectIdentifier(key)] = value }
            return try body(&value)
        }
    }
}
