import Testing

@testable import FlumeRedis

@Suite("An error reply")
struct RedisErrorTests {
    @Test(
        "is sorted by what the caller can do",
        arguments: [
            (
                "LOADING Redis is loading the dataset in memory", RedisError.Code.loading,
                RedisError.Recovery.waitAndRetry
            ),
            ("BUSY Redis is busy running a script.", .busy, .waitAndRetry),
            ("MASTERDOWN Link with MASTER is down", .masterDown, .waitAndRetry),
            ("CLUSTERDOWN The cluster is down", .clusterDown, .waitAndRetry),
            ("TRYAGAIN Multiple keys request during rehashing of slot", .clusterDown, .waitAndRetry),
            ("UNBLOCKED client unblocked via CLIENT UNBLOCK", .unblocked, .waitAndRetry),
            ("ERR max number of clients reached", .busy, .waitAndRetry),
            ("READONLY You can't write against a read only replica.", .readOnly, .reconnectAndRetry),
            ("NOSCRIPT No matching script. Please use EVAL.", .noScript, .reloadScript),
            ("OOM command not allowed when used memory > 'maxmemory'.", .refused, .refused),
            ("NOREPLICAS Not enough good replicas to write.", .refused, .refused),
            ("NOPERM this user has no permissions to run the 'get' command", .refused, .refused),
            ("MISCONF Redis is configured to save RDB snapshots", .refused, .refused),
            ("NOAUTH Authentication required.", .configuration, .configuration),
            ("WRONGPASS invalid username-password pair or user is disabled.", .configuration, .configuration),
            ("MOVED 3999 127.0.0.1:6381", .configuration, .configuration),
            ("CROSSSLOT Keys in request don't hash to the same slot", .configuration, .configuration),
            ("ERR DB index is out of range", .configuration, .configuration),
            ("ERR SELECT is not allowed in cluster mode", .configuration, .configuration),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", .reply, .none),
            ("ERR something", .reply, .none), ("", .reply, .none), ("-", .reply, .none),
            (
                "ERR Error running script (call to f_8d): @user_script:1: @user_script: 1: -OOM command not allowed",
                .refused, .refused
            ),
            ("ERR Error running script (call to f_8d): @user_script:1: user_script:1: boom", .reply, .none),
            (
                "READONLY You can't write against a read only replica. script: 8d, on @user_script:1.", .readOnly,
                .reconnectAndRetry
            ),
        ])
    func classification(text: String, code: RedisError.Code, recovery: RedisError.Recovery) {
        let error = RedisError(server: text)
        #expect(error.code == code)
        #expect(error.code.recovery == recovery)
        #expect(error.serverMessage == text)
        let isSafe = [.waitAndRetry, .reconnectAndRetry, .reloadScript].contains(recovery)
        #expect(error.isRetriable == isSafe)
    }
}
