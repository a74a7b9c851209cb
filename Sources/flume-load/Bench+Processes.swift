import Foundation
import Glibc

extension Bench {
    /// Starts another process of this program, on the same queue.
    func spawn(_ mode: Mode) throws -> pid_t {
        try spawn(
            "/proc/self/exe",
            [
                CommandLine.arguments[0], "--mode", mode.rawValue, "--concurrency", "\(concurrency)",
                "--workload", workload.rawValue,
            ])
    }

    /// Starts the same in Ruby.
    func spawnRuby(_ mode: Mode) throws -> pid_t {
        try spawn("ruby", ["ruby", "interop/ruby/load.rb", "--mode", mode.rawValue])
    }

    private func spawn(_ program: String, _ arguments: [String]) throws -> pid_t {
        var arguments = arguments + ["--queue", queue, "--jobs", "\(jobs)"]
        if let url { arguments += ["--redis", url] }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
        // A task's thread blocks signals, and its child would for ever.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let status = unsafe posix_spawnp(&child, program, nil, &attributes, pointers, environ)
        guard status == 0 else { throw LoadError("cannot start another process: error \(status)") }
        return child
    }

    /// Waits until a child has ended, on a thread of its own: nothing here runs meanwhile but what is measured.
    static func wait(for child: pid_t) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
                continuation.resume()
            }
        }
    }
}
