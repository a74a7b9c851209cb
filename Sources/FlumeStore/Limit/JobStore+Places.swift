package import FlumeRedis
package import FlumeWire

/// Places where jobs are parked, for whoever looks after those that nobody takes any more.
extension JobStore {
    private static let releaseScript = RedisScript(name: "release", source: PackageResources.release_lua)
    /// How many jobs one call moves, so that it does not keep Redis from others for long.
    private static let portion = 200

    /// Where jobs are parked, sorted.
    package func parkingPlaces() async throws(RedisError) -> [ParkingPlace] {
        let names = try await redis.send([RedisCommand("ZRANGE", keys.parkingPlaces, "0", "-1")])[0].array ?? []
        return names.compactMap(\.string).sorted().compactMap(ParkingPlace.init(text:))
    }

    /// Says that a process with these places lives, and looks for others.
    ///
    /// - Returns: the places with parked jobs where nobody has been for so long, and for how many keys.
    package func visit(
        _ own: [ParkingPlace], leftFor patience: Duration
    ) async throws(RedisError) -> [(place: ParkingPlace, keys: Int)] {
        guard let time = try await redis.send(RedisCommand("TIME")).array, time.count == 2,
            let seconds = time[0].integer, let microseconds = time[1].integer
        else { return [] }
        let now = seconds * 1_000_000 + microseconds
        var commands = [RedisCommand("ZRANGE", keys.parkingPlaces, "0", "-1", "WITHSCORES")]
        commands += own.map { RedisCommand("ZADD", keys.parkingPlaces, "XX", String(now), $0.text) }
        let parts = try await redis.send(commands)[0].array ?? []
        var left: [ParkingPlace] = []
        for at in stride(from: 0, to: parts.count - 1, by: 2) {
            guard let text = parts[at].string, let place = ParkingPlace(text: text), let visited = parts[at + 1].double,
                visited < Double(now - patience.wholeMicroseconds), !own.contains(place)
            else { continue }
            left.append(place)
        }
        guard !left.isEmpty else { return [] }
        let counts = try await redis.send(left.map { RedisCommand("ZCARD", keys.parkedIndex($0)) })
        return zip(left, counts).map { ($0, $1.integer ?? 0) }
    }

    /// Puts the jobs that are parked at a place now into their queues, where they are the next to run.
    ///
    /// Each portion of jobs of a key moves in one step. What cannot be moved stays where it is, and the rest is moved.
    ///
    /// - Parameter place: where they are.
    /// - Returns: how many jobs.
    /// - Throws: ``RedisError``; what was moved before stays moved.
    package func release(parkedAt place: ParkingPlace) async throws(RedisError) -> Int {
        let names = try await redis.send(RedisCommand("ZRANGE", keys.parkedIndex(place), "0", "-1")).array ?? []
        var queues: [String] = []
        var released = 0
        var problem: RedisError?
        for name in names.compactMap(\.string) {
            do throws(RedisError) {
                try await release(name, at: place, &queues, &released)
            } catch  where error.code == .reply {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
        return released
    }

    private func release(
        _ name: String, at place: ParkingPlace, _ queues: inout [String], _ released: inout Int
    ) async throws(RedisError) {
        let list = keys.parked(place, name)
        // No more than there are: a pipeline that runs parks them again, behind the others.
        var left = try await redis.send(RedisCommand("LLEN", list)).integer ?? 0
        repeat {
            let known = queues
            let reply = try await redis.evaluate(
                Self.releaseScript,
                keys: [list, keys.parkedIndex(place), keys.parkingPlaces, keys.queues] + known.map { keys.queue($0) }
            ) { command in
                command.append(name)
                command.append(place.text)
                command.append(max(1, min(left, Self.portion)))
                for queue in known { command.append(queue) }
            }
            guard case .array(let parts) = reply, parts.count == 3, let moved = parts[0].integer,
                let unknown = parts[1].string, let problem = parts[2].string
            else { throw RedisError.unexpectedReply(to: "release.lua", reply) }
            released += moved
            left -= moved
            guard problem.isEmpty else {
                throw RedisError(.reply, "jobs at \(list) cannot be put into their queue: \(problem)")
            }
            if !unknown.isEmpty {
                queues.append(unknown)
            } else if moved == 0 {
                return
            }
        } while left > 0
    }
}
