import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `posix_spawn` with an empty signal mask, default dispositions, own process group, no inherited descriptors.
enum Spawn {
    enum Input {
        case path(String)
        case descriptor(Int32)
    }

    static func run(
        _ arguments: [String], environment: [String], input: Input, outputPath: String, errorPath: String
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
        switch input {
        case .path(let path): unsafe posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
        case .descriptor(let descriptor): unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
        }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        unsafe posix_spawn_file_actions_addopen(&actions, 1, outputPath, flags, 0o644)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errorPath, flags, 0o644)
        // Closing what is not open is not an error here; `addclosefrom_np` is hidden from Swift.
        for descriptor in Int32(3)..<256 { unsafe posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
        var noSignals = sigset_t()
        var allSignals = sigset_t()
        unsafe sigemptyset(&noSignals)
        unsafe sigfillset(&allSignals)
        unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &allSignals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            unsafe argumentPointers.forEach { unsafe free($0) }
            unsafe environmentPointers.forEach { unsafe free($0) }
        }
        var processID: pid_t = 0
        let result = unsafe posix_spawnp(
            &processID, arguments.first ?? "", &actions, &attributes, argumentPointers, environmentPointers)
        guard result == 0 else {
            throw TestSupportError("cannot start \(arguments.first ?? ""): \(unsafe String(cString: strerror(result)))")
        }
        return processID
    }
}
