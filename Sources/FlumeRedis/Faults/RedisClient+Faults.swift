#if DEBUG || FLUME_LAB

    /// Fault points where a command leaves for Redis and where its reply comes back.
    ///
    /// They are called `<connection>/<command>.before` and `.after`: `jobs/settle.before`, `jobs-wait:a/BLMOVE.after`,
    /// `client/LPUSH.before`. The connection is the name in CLIENT LIST, or `client`; the command is the script's name, or
    /// the verb; a transaction is called after its first command: `heartbeat/MULTI+UNLINK.before`.
    extension RedisClient {
        /// Passes the point before each command of a request.
        ///
        /// Commands of one write are separate steps for Redis: who dies before the second has the first executed. Nothing of
        /// a transaction happens before EXEC.
        func passFaultPoints(before payload: RedisRequest.Payload) async {
            let commands = payload.steps
            for (index, name) in commands.enumerated() where FaultPoint.isFatal("\(faultName)/\(name).before") {
                if index > 0 { _ = await outcomes(of: payload.prefix(index), nil, false) }
                FaultPoint.die()
            }
        }

        /// Passes the point after the last command of a request: its reply is here, and nobody has seen it yet.
        func passFaultPoints(after payload: RedisRequest.Payload) {
            if let name = payload.steps.last { FaultPoint.pass("\(faultName)/\(name).after") }
        }

        /// The same for a request that calls back.
        ///
        /// - Returns: what to call back; `nil` when the process is about to end and nothing more is to be sent.
        func passingFaultPoints(
            around payload: RedisRequest.Payload, _ body: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
        ) -> (@Sendable (Result<[RedisReply], RedisError>) -> Void)? {
            for (index, name) in payload.steps.enumerated() where FaultPoint.isFatal("\(faultName)/\(name).before") {
                guard index > 0 else { FaultPoint.die() }
                submit(payload.prefix(index), timeout: .seconds(60), waiter: .closure { _ in FaultPoint.die() })
                return nil
            }
            return { result in
                self.passFaultPoints(after: payload)
                body(result)
            }
        }

        private var faultName: String { configuration.clientName ?? "client" }
    }

    extension RedisRequest.Payload {
        /// What Redis executes one after the other, by name.
        fileprivate var steps: [String] {
            switch self {
            case .one(let command), .oneInFull(let command): [command.faultName]
            case .many(let commands), .manyInFull(let commands): commands.map(\.faultName)
            case .transaction(let commands): ["MULTI+\(commands.first?.faultName ?? "")"]
            }
        }

        /// The first commands of a request that has several.
        fileprivate func prefix(_ count: Int) -> RedisRequest.Payload {
            switch self {
            case .many(let commands): .many(Array(commands.prefix(count)))
            case .manyInFull(let commands): .manyInFull(Array(commands.prefix(count)))
            case .one, .oneInFull, .transaction: self
            }
        }
    }

    extension RedisCommand {
        /// The name of its script, or its verb.
        fileprivate var faultName: String {
            if let script { return script.name.split(separator: " ").joined(separator: "-") }
            // `$5\r\nLPUSH\r\n…`
            let verb = body.split(separator: 13, maxSplits: 2).dropFirst().first ?? []
            return String(decoding: verb.dropFirst(), as: UTF8.self)
        }
    }

#endif
