import Flume
import FlumeRedis
import FlumeStore
import Synchronization

/// Jobs of a pipeline with limits for each key: those whose key has no room are parked, and taken from there later.
extension Fetcher {
    /// How many keys with parked jobs one call looks at.
    private static let mostKeys = 100

    /// How long until parked jobs have to be looked for.
    var untilUnpark: Duration { lane.admission?.keyed?.untilCheck ?? .seconds(3600) }

    /// Those jobs whose key has room; the others are parked.
    func sift(_ deliveries: [Delivery]) async -> [Delivery] {
        guard let admission = lane.admission, let keyed = admission.keyed else { return deliveries }
        return await keyed.sift(deliveries, through: admission.gate, pausing: lane) {
            isStopped.load(ordering: .acquiring)
        } declare: {
            await admission.declare()
        }
    }

    /// Takes parked jobs whose key has room again; nothing when it is not time to look.
    func unpark(_ demand: Int, without closed: Set<String>) async -> [Delivery] {
        guard let keyed = lane.admission?.keyed, keyed.untilCheck <= .zero else { return [] }
        let (tenure, epoch, firstSequence) = claims.reserve(demand)
        let request = FetchRequest(
            epoch: epoch, firstSequence: firstSequence, count: demand, sources: [], gate: lane.admission?.gate)
        let due: [JobKeys]
        do throws(RedisError) {
            let next: Duration?
            (due, next) = try await store.parkedKeys(
                of: keyed.limit, atMost: Self.mostKeys, freed: keyed.freed.take())
            outage.end()
            keyed.check(in: next)
        } catch let error where error.code == .reply {
            // Nothing was taken, and fetching goes on.
            keyed.tell(ofBroken: [keyed.limit.indexKey])
            keyed.check(in: nil)
            return []
        } catch {
            return await sift(findOut(about: request, of: tenure, after: error))
        }
        guard !due.isEmpty else { return [] }
        let sent = ContinuousClock.now
        do throws(RedisError) {
            let reply = try await store.unpark(
                due, of: keyed.limit, without: closed, request, leaseMilliseconds: lease.milliseconds, tenure: tenure)
            switch reply {
            case .held(let answer):
                keyed.check(in: answer.due)
                keyed.tell(ofBroken: answer.brokenKeys)
                guard mayBeLost(answer.deliveries, of: tenure, since: sent) else { return answer.deliveries }
                return await sift(adopt([request], of: tenure))
            case .lapsed: await lease.renew()
            case .buried: lease.renounce(tenure)
            case .stale: break
            }
            return []
        } catch {
            return await sift(findOut(about: request, of: tenure, after: error))
        }
    }
}
