import ArgumentParser
import FlumeRedis
import Glibc

/// What a measurement finds in Redis: many jobs in a sorted set.
struct FillBench {
    /// The set they lie in.
    enum Place: String, ExpressibleByArgument, CaseIterable {
        case schedule, dead, retry
    }

    let bench: Bench
    let place: Place

    /// Jobs in `schedule` and `retry` are due tomorrow; those in `dead` died today.
    func run() async throws {
        let now = Double(time(nil))
        var sent = 0
        while sent < bench.jobs {
            let slice = min(bench.jobs - sent, 1000)
            var command = RedisCommand("ZADD", place.rawValue)
            for number in sent..<sent + slice {
                let age = Double(number) / 1000
                command.append(place == .dead ? now - age : now + 86_400 + age)
                let digits = String(number)
                let jid = String(repeating: "0", count: 24 - digits.count) + digits
                command.append(
                    """
                    {"retry":true,"queue":"\(bench.queue)","class":"\(Workload.noopClass)","args":[],\
                    "jid":"\(jid)","created_at":\(now)}
                    """)
            }
            if let error = try await bench.redis.send(command).error { throw error }
            sent += slice
        }
        let size = try await bench.redis.send(RedisCommand("ZCARD", place.rawValue)).integer ?? 0
        bench.report("size", Double(size), digits: 0)
    }
}
