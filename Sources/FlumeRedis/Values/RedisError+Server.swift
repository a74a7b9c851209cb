extension RedisError {
    /// Sorts an error reply.
    ///
    /// What was sent is cut out of it: a password or a job's arguments must not come into a log this way.
    ///
    /// - Parameter reply: The reply without its leading dash.
    package init(server reply: String) {
        let text = Self.withoutArguments(reply)
        let cause = Self.cause(of: text)
        let word = cause.prefix { $0 != " " }
        let rest = cause.dropFirst(word.count).drop { $0 == " " }
        switch word {
        case "LOADING":
            self.init(.loading, "Redis is loading its data; try again in a moment", serverMessage: text)
        case "BUSY":
            self.init(.busy, "a script keeps Redis busy; wait, or end it with SCRIPT KILL", serverMessage: text)
        case "MASTERDOWN":
            self.init(.masterDown, "this replica has lost its primary; wait for the failover", serverMessage: text)
        case "CLUSTERDOWN", "TRYAGAIN":
            self.init(.clusterDown, "the Redis Cluster is changing its shape; try again", serverMessage: text)
        case "READONLY":
            self.init(
                .readOnly, "this Redis is a read-only replica; connect to the primary", serverMessage: text)
        case "NOSCRIPT":
            self.init(.noScript, "Redis does not have this script any more", serverMessage: text)
        case "UNBLOCKED":
            self.init(.unblocked, "somebody ended the blocking command with CLIENT UNBLOCK", serverMessage: text)
        case "OOM":
            self.init(
                .refused, "Redis is out of memory (maxmemory) and refuses to store more", serverMessage: text)
        case "NOREPLICAS":
            self.init(.refused, "Redis has too few healthy replicas and refuses writes", serverMessage: text)
        case "NOPERM":
            self.init(
                .refused, "the Redis user lacks a permission: \(rest)", serverMessage: text)
        case "MISCONF":
            self.init(
                .refused, "Redis cannot save to its disk and refuses writes; see its log", serverMessage: text)
        case "NOAUTH":
            self.init(
                .configuration, "Redis asks for a password and none is set; put it in the URL", serverMessage: text)
        case "WRONGPASS":
            self.init(
                .configuration, "Redis refuses the user name or the password; check both", serverMessage: text)
        case "MOVED", "ASK", "CROSSSLOT":
            self.init(
                .configuration,
                "this is a Redis Cluster and the keys are spread over its nodes; use a plain Redis, or a namespace "
                    + "in braces such as {app} and the address of the node that has it", serverMessage: text)
        case "ERR" where rest.hasPrefix("DB index"), "ERR" where rest.hasPrefix("SELECT is not allowed"):
            self.init(
                .configuration,
                "Redis does not have the database that was asked for: \(rest); take a number below `databases` in its "
                    + "redis.conf", serverMessage: text)
        case "ERR" where rest.hasPrefix("max number of clients"):
            self.init(
                .busy,
                "Redis has reached its maxclients and takes no more connections; raise maxclients, or run fewer processes",
                serverMessage: text)
        default:
            self.init(.reply, "Redis answered: \(text)", serverMessage: text)
        }
    }

    /// The reply without the arguments that it quotes, and not longer than a line in a log may be.
    ///
    /// A server that does not know a command, or has renamed it, answers `ERR unknown command 'AUTH', with args beginning
    /// with: 'the password'`.
    private static func withoutArguments(_ reply: String) -> String {
        var text = reply[...]
        if let quote = text.firstRange(of: ", with args beginning with") { text = text[..<quote.lowerBound] }
        guard text.utf8.count > longestText else { return String(text) }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(longestText))) + "…"
    }

    /// Redis's own errors are a line; what pretends to be Redis may send a megabyte.
    private static let longestText = 1000

    /// The error inside the error: up to Redis 6.2 a script wraps what a command in it answered, as in
    /// `ERR Error running script (call to f_…): @user_script:1: @user_script: 1: -OOM command not allowed …`.
    private static func cause(of text: String) -> Substring {
        guard text.hasPrefix("ERR Error running script") else { return text[...] }
        var rest = text[...]
        while let colon = rest.firstIndex(of: ":") {
            rest = rest[rest.index(after: colon)...].drop { $0 == " " }
            if rest.first == "-" { return rest.dropFirst() }
        }
        return text[...]
    }
}
