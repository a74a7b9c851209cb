import FlumeWire
import Glibc

/// The machine and the process a worker runs in.
struct ProcessHost: Sendable {
    let hostname: String
    let pid: Int
    let startedAt: Timestamp

    /// `hostname` is used in place of `DYNO` and the host's name.
    init(hostname: String?, startedAt: Timestamp = Timestamp(microseconds: Int(WallClock.realtime()))) {
        self.hostname = hostname ?? Self.environment("DYNO") ?? Self.systemHostname()
        self.pid = Int(getpid())
        self.startedAt = startedAt
    }

    /// A new identity for this process; its nonce is new each time.
    func makeIdentity() -> String {
        var generator = SystemRandomNumberGenerator()
        return Identity.make(hostname: hostname, pid: pid, using: &generator)
    }

    /// Resident memory in KiB; 0 when the kernel does not tell.
    var residentKilobytes: Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard unsafe fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * (Int(sysconf(Int32(_SC_PAGESIZE))) / 1024)
    }

    private static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func systemHostname() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
