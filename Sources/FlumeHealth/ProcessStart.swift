#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// When this process was started.
enum ProcessStart {
    /// In seconds since 1970; `nil` when the kernel does not tell.
    static let secondsSince1970: Double? = {
        // The 22nd field, in ticks since boot; the second one is a name in parentheses that may hold anything.
        guard let line = text("/proc/self/stat"), let name = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: name)...].split(separator: " ")
        let boot = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 19, let ticks = Double(fields[19]), let boot,
            let booted = Double(boot.dropFirst("btime ".count))
        else { return nil }
        return booted + ticks / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }()

    private static func text(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
