/// What is said on a new connection before the first command: log in, choose the database, be who we want to be.
///
/// HELLO is not used: RESP2 needs none, and old servers and proxies do not know it.
struct Handshake {
    private enum Step {
        case authenticate, select, setName, ping, role
    }

    /// What the server's answers amount to.
    enum Outcome: Equatable {
        case waiting
        case ready
        case failed(RedisError)
    }

    /// What to write.
    let commands: [RedisCommand]
    private var steps: ArraySlice<Step>
    private let configuration: RedisConfiguration

    init(_ configuration: RedisConfiguration) {
        var commands: [RedisCommand] = []
        var steps: [Step] = []
        if let password = configuration.password {
            var command = RedisCommand("AUTH")
            if let username = configuration.username { command.append(username) }
            command.append(password)
            commands.append(command)
            steps.append(.authenticate)
        }
        if configuration.database != 0 {
            commands.append(RedisCommand("SELECT", String(configuration.database)))
            steps.append(.select)
        }
        if let name = configuration.clientName {
            commands.append(RedisCommand("CLIENT", "SETNAME", name))
            steps.append(.setName)
        }
        if case .sentinel = configuration.address {
            commands.append(RedisCommand("ROLE"))
            steps.append(.role)
        }
        // The last word is always a PING: it shows NOAUTH, LOADING and MASTERDOWN before the first command does.
        commands.append(RedisCommand("PING"))
        steps.append(.ping)
        self.commands = commands
        self.steps = steps[...]
        self.configuration = configuration
    }

    /// Takes the server's next answer.
    mutating func received(_ reply: RedisReply) -> Outcome {
        guard let step = steps.popFirst() else { return .ready }
        if let error = reply.error {
            // NOAUTH and its like, LOADING, max number of clients: the same whatever the step.
            guard error.code == .reply || error.code == .refused else { return .failed(error) }
            switch step {
            case .authenticate: return .failed(Self.logInFailed(error))
            case .select:
                return .failed(
                    RedisError(
                        .configuration,
                        "cannot use database \(configuration.database): \(error.serverMessage ?? error.message)",
                        serverMessage: error.serverMessage))
            // A name is a courtesy, and so is the check of the role; a user without the right to PING may have others.
            case .setName, .role, .ping: break
            }
        }
        if step == .role, let role = reply.array?.first?.string, role != "master" {
            return .failed(
                RedisError(.readOnly, "the server the Sentinels named is a \(role) (still); asking them again"))
        }
        return steps.isEmpty ? .ready : .waiting
    }

    /// Never with the server's text: a server that has renamed AUTH quotes the password in it.
    private static func logInFailed(_ error: RedisError) -> RedisError {
        if error.serverMessage?.contains("without any password configured") == true {
            return RedisError(
                .configuration, "a password is set but Redis asks for none: take it out of the URL, or set one in Redis"
            )
        }
        return RedisError(.configuration, "Redis refuses to log in with the user and password that are set")
    }
}
