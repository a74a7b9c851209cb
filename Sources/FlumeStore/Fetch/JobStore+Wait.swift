package import FlumeRedis
import FlumeWire

/// Waiting for a queue that is empty. The connection is blocked meanwhile: it must be there for nothing else.
///
/// `BLMOVE q q RIGHT RIGHT` blocks until the list has an element and then moves the oldest one to where it is: nothing
/// leaves the queue, so nothing can be lost, and a Ruby `BRPOP` waiting beside it still gets its job.
extension JobStore {
    private static let standingScript = RedisScript(name: "standing-fetch", source: PackageResources.standing_lua)

    /// Has Redis know the script of ``take(_:waitingFor:seconds:tenure:then:)``.
    ///
    /// Without that, or once Redis has forgotten it, each of them costs more or fails with `noScript`.
    package func prepareToTake() async throws(RedisError) { try await redis.load(Self.standingScript) }

    /// Waits until a queue has a job, which stays where it is.
    ///
    /// `then` is called on the connection's event loop: whether it has one; not when the time has run out.
    package func waitForJob(
        in queue: QueueKey, seconds: Int, then: @escaping @Sendable (Result<Bool, RedisError>) -> Void
    ) {
        redis.send([block(on: queue, seconds: seconds)]) { result in
            then(result.flatMap { replies in replies[0].error.map { .failure($0) } ?? .success(!replies[0].isNull) })
        }
    }

    /// Waits until a queue has a job, and then takes jobs as ``fetch(_:leaseMilliseconds:tenure:)`` does, from this queue.
    ///
    /// Redis runs the script when it lets go of the connection: a job that comes to an idle worker costs no second trip.
    /// Until then ``adopt(_:epoch:leaseMilliseconds:tenure:)``, on another connection, takes the fetch back. It does not
    /// renew the lease: that it was waiting in Redis says nothing about the process that left it there.
    ///
    /// `then` is called on the connection's event loop: what it brought, and whether Redis refused to wait. Without memory
    /// it does not block, though it still takes.
    package func take(
        _ request: FetchRequest, waitingFor queue: QueueKey, seconds: Int, tenure: Tenure,
        then: @escaping @Sendable (Result<FetchReply, RedisError>, _ isRefused: Bool) -> Void
    ) {
        var take = RedisCommand(
            Self.standingScript, keys: [tenure.leaseKey, tenure.inflightKey, keys.paused, queue.key])
        take.append(request.epoch)
        take.append(request.firstSequence)
        take.append(request.count)
        take.append(queue.name)
        redis.send([block(on: queue, seconds: seconds), take]) { result in
            do throws(RedisError) {
                let replies = try result.get()
                if let error = replies[1].error { throw error }
                let reply = try answer(replies[1], to: request, sent: .now, tenure: tenure)
                then(.success(reply), replies[0].error != nil)
            } catch {
                then(.failure(error), false)
            }
        }
    }

    private func block(on queue: QueueKey, seconds: Int) -> RedisCommand {
        var command = RedisCommand("BLMOVE", queue.key, queue.key, "RIGHT", "RIGHT", String(seconds))
        command.timeout = .seconds(seconds) + redis.configuration.commandTimeout
        return command
    }
}
