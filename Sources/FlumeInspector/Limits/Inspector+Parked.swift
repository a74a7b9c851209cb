public import FlumeRedis
import FlumeStore
import FlumeWire

extension Inspector {
    /// Puts jobs that wait for room under a key of a limit back into their queues, where they are the next to run.
    ///
    /// For jobs of a pipeline, or a limit of it, that was removed or renamed: nobody takes them any more.
    /// The oldest job of each key is the next to run. A pipeline that runs and has the limit still parks them again.
    ///
    /// - Parameters:
    ///   - pipeline: the pipeline that had taken them.
    ///   - limit: the name of the limit they wait for, as the facts have it; `nil` for any.
    /// - Returns: how many jobs were put back.
    /// - Throws: ``InspectorError`` for an empty name; ``RedisError``, after which some may have been put back.
    @discardableResult
    public func release(parked pipeline: String, limit: String? = nil) async throws -> Int {
        guard !pipeline.isEmpty, limit != "" else { throw InspectorError.emptyName }
        var released = 0
        for place in try await store.parkingPlaces()
        where place.pipeline == pipeline && (limit == nil || place.limit == limit) {
            released += try await store.release(parkedAt: place)
        }
        return released
    }

    /// The pipelines that have parked jobs, sorted, and the limits these wait for.
    ///
    /// - Throws: ``RedisError``.
    public func parkedPipelines() async throws(RedisError) -> [(pipeline: String, limit: String)] {
        try await store.parkingPlaces().map { ($0.pipeline, $0.limit) }
    }
}
