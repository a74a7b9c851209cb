import FlumeRedis
import Glibc

/// What this process and Redis have used up so far.
struct Usage {
    var workerMicroseconds = 0.0
    var redisMicroseconds = 0.0
    /// What clients sent, and what was executed, commands inside scripts included.
    var commandsSent = 0.0
    var commandsExecuted = 0.0

    init(_ redis: RedisClient) async throws {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        for time in [usage.ru_utime, usage.ru_stime] {
            workerMicroseconds += Double(time.tv_sec) * 1e6 + Double(time.tv_usec)
        }
        try await look(at: redis)
    }

    /// What other processes have used up, to a hundredth of a second, in place of this one.
    init(_ redis: RedisClient, of processes: [pid_t]) async throws {
        for process in processes {
            // The second field is a name in parentheses, which may have spaces; times are the 14th and 15th.
            let fields = Self.firstLine(of: "/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ")
            for time in fields?.dropFirst(11).prefix(2) ?? [] {
                workerMicroseconds += (Double(time) ?? 0) * 1e6 / Double(sysconf(Int32(_SC_CLK_TCK)))
            }
        }
        try await look(at: redis)
    }

    private mutating func look(at redis: RedisClient) async throws {
        let info = try await redis.send(RedisCommand("INFO", "everything")).string ?? ""
        for line in info.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "used_cpu_user", "used_cpu_sys": redisMicroseconds += (Double(parts[1]) ?? 0) * 1e6
            case "total_commands_processed": commandsExecuted = Double(parts[1]) ?? 0
            default:
                // What a script executes is counted under its own name too; scripts themselves are what was sent.
                guard parts[0] == "cmdstat_evalsha" || parts[0] == "cmdstat_eval" || parts[0] == "cmdstat_blmove"
                else { continue }
                let calls = parts[1].split(separator: ",").first?.split(separator: "=").last ?? ""
                commandsSent += Double(calls) ?? 0
            }
        }
    }

    /// What was used up by so many jobs, in one stretch or in several.
    struct Sum {
        var jobs = 0.0
        var seconds = 0.0
        var workerMicroseconds = 0.0
        var redisMicroseconds = 0.0
        var commandsSent = 0.0
        var commandsExecuted = 0.0

        mutating func add(_ after: Usage, since before: Usage, jobs: Int, seconds: Duration) {
            self.jobs += Double(jobs)
            self.seconds += seconds / .seconds(1)
            workerMicroseconds += after.workerMicroseconds - before.workerMicroseconds
            redisMicroseconds += after.redisMicroseconds - before.redisMicroseconds
            commandsSent += after.commandsSent - before.commandsSent
            commandsExecuted += after.commandsExecuted - before.commandsExecuted
        }
    }

    /// The most memory this process has had, in MB.
    static var peakMegabytes: Double {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_maxrss) / 1024
    }

    /// The memory this process has now, in MB.
    static var residentMegabytes: Double {
        let fields = firstLine(of: "/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return .nan }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }

    private static func firstLine(of path: String) -> String {
        guard let file = unsafe fopen(path, "r") else { return "" }
        defer { unsafe _ = fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        guard unsafe fgets(&line, 1024, file) != nil else { return "" }
        return String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// How many descriptors this process has open, that of looking included.
    static var openFiles: Int {
        guard let folder = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe _ = closedir(folder) }
        var count = -2
        while unsafe readdir(folder) != nil { count += 1 }
        return count
    }
}
