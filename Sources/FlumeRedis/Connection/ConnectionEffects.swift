/// What the connection's state machine wants done after an event.
struct ConnectionEffects {
    /// Waiters to fail, in the order in which they came.
    var failed: [(ReplyWaiter, RedisError)] = []
    /// Try to connect after this pause.
    var connectAfter: Duration?
    /// Close the socket; its end is not reported to the state machine any more.
    var closesSocket = false
    /// Write what ``ConnectionStateMachine/nextToWrite()`` gives.
    var writes = false
    /// Tell the log.
    var report: Report?

    enum Report: Equatable {
        /// The first failure after a good connection.
        case lost(RedisError)
        /// The first failure of all.
        case cannotConnect(RedisError)
        /// The first good connection.
        case connected
        /// A good connection after failures.
        case restored(failures: Int)
    }
}
