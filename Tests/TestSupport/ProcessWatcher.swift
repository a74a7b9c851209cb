import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Kills what this test process started, and removes its temporary directories, when the test process is gone.
///
/// A small shell reads process ids from a pipe. The kernel closes the pipe when the test process ends, also
/// when it crashes or is killed: that is the shell's cue.
final class ProcessWatcher: Sendable {
    static let shared = ProcessWatcher()

    private static let script = """
        trap '' INT TERM HUP QUIT
        pids= dirs=
        while read -r op value; do
            case $op in
                +) pids="$pids $value" ;;
                -) kept=; for p in $pids; do [ "$p" = "$value" ] || kept="$kept $p"; done; pids=$kept ;;
                d) dirs="$dirs $value" ;;
            esac
        done
        for p in $pids; do kill -9 "$p"; done
        for d in $dirs; do rm -rf "$d"; done
        """

    private let channel: Mutex<Int32>

    private init() {
        var ends: [Int32] = [-1, -1]
        unsafe _ = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = try? Spawn.run(
            ["/bin/sh", "-c", Self.script], environment: ["PATH=/usr/bin:/bin"], input: .descriptor(ends[0]),
            outputPath: "/dev/null", errorPath: "/dev/null")
        close(ends[0])
        channel = Mutex(ends[1])
    }

    func watch(_ processID: pid_t) { tell("+ \(processID)\n") }
    func forget(_ processID: pid_t) { tell("- \(processID)\n") }
    func remove(_ directory: String) { tell("d \(directory)\n") }

    private func tell(_ line: String) {
        channel.withLock { descriptor in
            let bytes = Array(line.utf8)
            unsafe _ = write(descriptor, bytes, bytes.count)
        }
    }
}
