public import FlumeWire

/// The attributes that hold where the code runs, as CurrentAttributes hold for a thread in Rails.
extension CurrentAttributes {
    /// The attributes that jobs are enqueued under here.
    ///
    /// A worker with `CurrentAttributesServerMiddleware` sets them to those of the job that runs. A web application sets
    /// them itself:
    ///
    /// ```swift
    /// try await CurrentAttributes.$current.withValue(try CurrentAttributes(["user_id": 5])) {
    ///     try await jobs.enqueue(…)
    /// }
    /// ```
    @TaskLocal public static var current: CurrentAttributes?
}
