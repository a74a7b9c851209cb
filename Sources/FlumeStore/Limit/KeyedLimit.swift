import FlumeRedis
package import FlumeWire

/// Limits that hold for each key by itself, such as a tenant named in the job's arguments; each of them must have room.
///
/// Jobs without room wait in Redis, in a list of those that have the same keys.
package struct KeyedLimit: Sendable {
    /// The first of the limits.
    package let name: String
    /// Where those wait that have no room.
    package let place: ParkingPlace
    package let names: [String]
    package let numbers: [Limit.Numbers]
    /// Queues that the process has left for good: what is parked from those goes back there.
    package var left: Set<String> = []
    let keys: KeySpace
    let onRelease: @Sendable (JobKeys) -> Void

    /// - Parameters:
    ///   - limits: at least one.
    ///   - pipeline: whose jobs they are.
    ///   - keys: the namespace.
    ///   - onRelease: called when a job of these keys has left and so gave back its slots.
    package init(
        _ limits: [(name: String, numbers: Limit.Numbers)], in pipeline: String, keys: KeySpace,
        onRelease: @escaping @Sendable (JobKeys) -> Void = { _ in }
    ) {
        self.onRelease = onRelease
        name = limits.first?.name ?? ""
        place = ParkingPlace(pipeline: pipeline, limit: name)
        names = limits.map(\.name)
        numbers = limits.map(\.numbers)
        self.keys = keys
    }

    /// The limits as they are declared; their meters are nobody's.
    package var whole: [Limit] { zip(names, numbers).map { Limit($0, $1, keys: keys) } }

    /// The limits that are for a job, as they hold for its keys.
    package func limits(for jobKeys: JobKeys) -> [Limit] {
        zip(jobKeys.keys, zip(names, numbers)).compactMap { key, limit in
            key.map { Limit(limit.0, of: $0, limit.1, keys: keys) }
        }
    }

    /// Keys with parked jobs, by the time they have room.
    package var indexKey: String { keys.parkedIndex(place) }

    func parkedKey(_ jobKeys: JobKeys) -> String { keys.parked(place, jobKeys.text) }

    /// What the scripts have to know of all limits and of the keys of some jobs.
    func append(_ groups: [JobKeys], to keyNames: inout [String]) {
        for name in names { keyNames.append(keys.limit(name)) }
        for group in groups {
            keyNames.append(parkedKey(group))
            for (key, (name, numbers)) in zip(group.keys, zip(names, numbers)) {
                let limit = Limit(name, of: key ?? "", numbers, keys: keys)
                keyNames.append(limit.meterKey)
                keyNames.append(limit.slotsKey)
                keyNames.append(limit.backOffKey)
            }
        }
    }

    func append(_ groups: [JobKeys], to command: inout RedisCommand) {
        for numbers in numbers { numbers.append(to: &command) }
        for group in groups {
            command.append(group.text)
            for key in group.keys { command.append(key == nil ? 0 : 1) }
        }
    }
}
