package import FlumeRedis
import FlumeWire

extension JobStore {
    private static let fetchScript = RedisScript(
        name: "fetch", source: Array("local limits = nil\n".utf8) + PackageResources.fetch_lua)
    private static let gatedFetchScript = RedisScript(
        name: "gated fetch", source: PackageResources.limit_lua + PackageResources.fetch_lua)
    private static let adoptScript = RedisScript(name: "adopt", source: PackageResources.adopt_lua)

    /// Takes jobs from queues into the in-flight record, all in one atomic step.
    ///
    /// When this throws, jobs may have been taken all the same: ``adopt(_:epoch:leaseMilliseconds:tenure:)`` finds them.
    package func fetch(_ request: FetchRequest, leaseMilliseconds: Int, tenure: Tenure) async throws(RedisError)
        -> FetchReply
    {
        var keyNames = [tenure.leaseKey, tenure.inflightKey, keys.paused]
        for source in request.sources { keyNames.append(source.queue.key) }
        if let gate = request.gate { keyNames.append(contentsOf: gate.keyNames) }
        let script = request.gate == nil ? Self.fetchScript : Self.gatedFetchScript
        let sent = ContinuousClock.now
        let reply = try await redis.evaluate(script, keys: keyNames) { command in
            command.append(request.epoch)
            command.append(leaseMilliseconds)
            command.append(request.firstSequence)
            command.append(request.count)
            for source in request.sources {
                command.append(source.queue.name)
                command.append(source.quota)
            }
            if let gate = request.gate {
                command.append(tenure.identity)
                gate.append(to: &command, patience: 1)
            }
        }
        return try answer(reply, to: request, sent: sent, tenure: tenure)
    }

    /// What a script's reply says.
    func answer(
        _ reply: RedisReply, to request: FetchRequest, sent: ContinuousClock.Instant, tenure: Tenure
    ) throws(RedisError) -> FetchReply {
        guard case .array(let parts) = reply, let verdict = parts.first?.string else {
            throw RedisError.unexpectedReply(to: "the script of a fetch", reply)
        }
        switch verdict {
        case "held": return deliveries(in: parts, of: request, sent: sent, tenure: tenure)
        case "lapsed": return .lapsed
        case "buried": return .buried
        default: return .stale
        }
    }

    /// Whether any of some queues has a job.
    package func hasJobs(in queues: [QueueKey]) async throws(RedisError) -> Bool {
        let lengths = try await redis.send(queues.map { RedisCommand("LLEN", $0.key) })
        return lengths.contains { ($0.integer ?? 0) > 0 }
    }

    private func deliveries(
        in parts: [RedisReply], of request: FetchRequest, sent: ContinuousClock.Instant, tenure: Tenure
    ) -> FetchReply {
        var paused: Set<String> = []
        if parts.count > 1, case .array(let names) = parts[1] {
            for name in names { if let name = name.string { paused.insert(name) } }
        }
        var deliveries: [Delivery] = []
        deliveries.reserveCapacity(request.count)
        var broken: [(queue: String, reason: String)] = []
        var sequence = request.firstSequence
        let gateReply = request.gate.flatMap { gate in
            parts.count > 2 ? GateReply(parts[2], of: gate) : nil
        }
        let grant = request.gate?.grant(by: gateReply, askedAt: sent)
        for part in parts.dropFirst(request.gate == nil ? 2 : 3) {
            guard case .array(let jobs) = part, let index = jobs.first?.integer,
                request.sources.indices.contains(index - 1)
            else { continue }
            let queue = request.sources[index - 1].queue.name
            for job in jobs.dropFirst() {
                switch job {
                case .bytes(let payload):
                    deliveries.append(
                        Delivery(tenure: tenure, sequence: sequence, queue: queue, payload: payload, grant: grant))
                    sequence += 1
                case .error(let error):
                    broken.append((queue, "\(error)"))
                default: break
                }
            }
        }
        if let gateReply {
            return .admitted(deliveries: deliveries, paused: paused, broken: broken, gateReply)
        }
        return .held(deliveries: deliveries, paused: paused, broken: broken)
    }

    /// After fetches whose outcome is unknown: the jobs they took, and the certainty that they take no more.
    ///
    /// Safe to repeat with the same epoch until it answers.
    ///
    /// - Returns: the deliveries, or `nil` when the process was buried meanwhile.
    package func adopt(
        _ lost: [FetchRequest], epoch: Int, leaseMilliseconds: Int, tenure: Tenure
    ) async throws(RedisError) -> [Delivery]? {
        let reply = try await redis.evaluate(
            Self.adoptScript, keys: [tenure.leaseKey, tenure.inflightKey, keys.flumeProcesses]
        ) { command in
            command.append(epoch)
            command.append(leaseMilliseconds)
            command.append(tenure.identity)
            for request in lost {
                command.append(request.firstSequence)
                command.append(request.count)
                command.append(request.sources.count == 1 ? request.sources[0].queue.name : "")
            }
        }
        guard case .array(let parts) = reply, let verdict = parts.first?.string else {
            throw RedisError.unexpectedReply(to: "adopt.lua", reply)
        }
        guard verdict == "held" else { return nil }
        // When they were admitted nobody knows; a limit on starts must be asked again.
        let grant = lost.first?.gate?.grant(by: nil, askedAt: .now)
        return Self.deliveries(fieldsAndPayloads: parts.dropFirst(), tenure: tenure, grant: grant)
            .sorted { $0.sequence < $1.sequence }
    }

    /// Reads a piece of an in-flight hash: field, payload, field, payload.
    ///
    /// Fields that are none of ours are passed over.
    static func deliveries(
        fieldsAndPayloads parts: ArraySlice<RedisReply>, tenure: Tenure, grant: Grant? = nil
    ) -> [Delivery] {
        var deliveries: [Delivery] = []
        var at = parts.startIndex
        while at + 1 < parts.endIndex {
            if let field = parts[at].string, let payload = parts[at + 1].bytes,
                let delivery = Delivery(field: field, payload: payload, tenure: tenure, grant: grant)
            {
                deliveries.append(delivery)
            }
            at += 2
        }
        return deliveries
    }
}

extension Delivery {
    /// Reads a field of an in-flight hash; `nil` when it is none of ours.
    convenience init?(field: String, payload: [UInt8], tenure: Tenure, grant: Grant? = nil) {
        guard let colon = field.firstIndex(of: ":"), let sequence = Int(field[..<colon]) else { return nil }
        let queue = String(field[field.index(after: colon)...])
        self.init(tenure: tenure, sequence: sequence, queue: queue, payload: payload, grant: grant)
    }
}
