/// Keys only Flume reads and writes. Their prefix keeps them apart from whatever Sidekiq may invent.
extension KeySpace {
    /// Hash of the jobs a process is running: field `<seq>:<queue>`, value payload bytes.
    package func inflight(_ identity: String) -> String { key("flume:inflight:" + identity) }
    /// Proof of life of a process, a string with PX; a tombstone after its burial.
    package func lease(_ identity: String) -> String { key("flume:lease:" + identity) }
    /// Set of the identities that may have an in-flight hash.
    package var flumeProcesses: String { key("flume:processes") }
    /// How often a job was recovered from a dead process; one key per job, with TTL.
    package func recoveries(_ jid: String) -> String { key("flume:recoveries:" + jid) }
    /// Settings of a limit, a hash: `kind`, `count`, `scale` (µs), `burst`, `revision`; `factor` and `blocked_until`
    /// after a back-off.
    package func limit(_ name: String) -> String { key("flume:limit:" + name) }
    /// What a limit let through: a list for a window, a string for a bucket; gone when the limit rests.
    package func limitMeter(_ name: String) -> String { key("flume:meter:" + name) }
    /// Hash of who holds a slot of a concurrency limit: field `<identity>:<seq>`.
    package func limitSlots(_ name: String) -> String { key("flume:slots:" + name) }
    /// The meter of one key of a limit that holds for each key by itself.
    ///
    /// The length keeps names apart that contain a colon.
    package func limitMeter(_ name: String, of member: String) -> String {
        key("flume:meter:\(name.utf8.count):\(name):\(member)")
    }
    /// The slots of one key of such a limit.
    package func limitSlots(_ name: String, of member: String) -> String {
        key("flume:slots:\(name.utf8.count):\(name):\(member)")
    }
    /// Hash of how one key of such a limit backs off: `factor`, `factor_at` and `blocked_until` (µs); gone when it is over.
    package func limitBackOff(_ name: String, of member: String) -> String {
        key("flume:backoff:\(name.utf8.count):\(name):\(member)")
    }
    /// Set of the keys of such slots that may be held, for whoever recovers their holders.
    package var slotLists: String { key("flume:slots") }
    /// List of the jobs of one key that wait for room, oldest first: `<length of queue>:<queue><payload>`.
    package func parked(_ place: ParkingPlace, _ member: String) -> String {
        let (pipeline, limit) = (place.pipeline, place.limit)
        return key("flume:parked:\(pipeline.utf8.count):\(pipeline):\(limit.utf8.count):\(limit):\(member)")
    }
    /// Sorted set of the keys for which jobs are parked at a place, by the time (µs) they have room.
    package func parkedIndex(_ place: ParkingPlace) -> String { key("flume:parked-keys:\(place.text)") }
    /// Sorted set of the places with parked jobs, by the time (µs) a process with that pipeline last was there.
    package var parkingPlaces: String { key("flume:parked-places") }
    /// Set of the names of all limits.
    package var limits: String { key("flume:limits") }
    /// Set of the names of paused pipelines; paused queues are in ``paused``.
    package var flumePaused: String { key("flume:paused") }
    /// The member of ``flumePaused`` that stands for every pipeline: no pipeline's name is empty.
    package static let everyPipeline = ""
    /// List of commands for one process, oldest first.
    package func commands(_ identity: String) -> String { key("flume:commands:" + identity) }
    /// What a process answered to a command; a string with TTL.
    package func commandAnswer(_ id: String) -> String { key("flume:answer:" + id) }
}
