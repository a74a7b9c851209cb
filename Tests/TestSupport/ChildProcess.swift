public import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A program started by a test: it can be signalled, stopped, killed and awaited.
///
/// Not `Foundation.Process`: started from a Swift task, that one hands its blocked signal mask to the child, which
/// can then not be stopped with SIGTERM; and a child that keeps the inherited stderr makes `swift test` wait for ever.
/// Here the signal mask is emptied, every signal has its default disposition, output goes to files, and
/// no other file descriptor is inherited. A child still running when the test process ends, however it ends, is killed
/// by ``ProcessWatcher``.
public final class ChildProcess: Sendable {
    /// How a child ended.
    public enum Exit: Sendable, Equatable {
        /// It returned from `main` or called `exit` with this status.
        case status(Int32)
        /// It was ended by this signal.
        case signal(Int32)
    }

    private enum State {
        case running([CheckedContinuation<Exit, Never>])
        case ended(Exit)
    }

    /// The process id.
    ///
    /// Use ``signal(_:)``, which never hits a recycled id.
    public let processID: pid_t
    /// The file that receives standard output.
    public let outputPath: String
    /// The file that receives standard error.
    public let errorPath: String
    private let state = Mutex(State.running([]))

    private init(processID: pid_t, outputPath: String, errorPath: String) {
        self.processID = processID
        self.outputPath = outputPath
        self.errorPath = errorPath
    }

    /// Starts an executable.
    ///
    /// - Parameters:
    ///   - executable: A path, or a name to look up in `PATH`.
    ///   - arguments: The arguments without the name of the program.
    ///   - environment: Variables set on top of this process's own.
    ///   - directory: Where `<name>.out` and `<name>.err` are written; appended to when they exist.
    ///   - name: The name of these files.
    /// - Returns: The running program.
    /// - Throws: ``TestSupportError`` when the program cannot be started.
    public static func spawn(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        output directory: String, name: String = "child"
    ) throws -> ChildProcess {
        let outputPath = "\(directory)/\(name).out"
        let errorPath = "\(directory)/\(name).err"
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let processID = try Spawn.run(
            [executable] + arguments, environment: variables.map { "\($0.key)=\($0.value)" },
            input: .path("/dev/null"), outputPath: outputPath, errorPath: errorPath)
        let child = ChildProcess(processID: processID, outputPath: outputPath, errorPath: errorPath)
        ProcessWatcher.shared.watch(processID)
        // One thread per child blocks in waitpid: nobody polls, and no cooperative thread is taken.
        Thread.detachNewThread { child.reap() }
        return child
    }

    private func reap() {
        // Waits without reaping first, so that `signal` cannot hit a recycled process id: the id is free only
        // after the second wait, which runs under the lock.
        var info = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let (exit, waiters) = state.withLock { state -> (Exit, [CheckedContinuation<Exit, Never>]) in
            var status: Int32 = 0
            unsafe waitpid(processID, &status, 0)
            let exit: Exit = status & 0x7f == 0 ? .status((status >> 8) & 0xff) : .signal(status & 0x7f)
            guard case .running(let waiters) = state else { return (exit, []) }
            state = .ended(exit)
            return (exit, waiters)
        }
        ProcessWatcher.shared.forget(processID)
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    /// Whether the child has not ended yet.
    public var isRunning: Bool {
        state.withLock { state in
            if case .running = state { true } else { false }
        }
    }

    /// Sends a signal such as `SIGTERM`, `SIGSTOP`, `SIGKILL`; nothing happens when the child has ended.
    public func signal(_ number: Int32) {
        state.withLock { state in
            if case .running = state { _ = kill(processID, number) }
        }
    }

    /// Waits until the child has ended, and says how.
    public func exit() async -> Exit {
        await withCheckedContinuation { continuation in
            let ended: Exit? = state.withLock { state in
                switch state {
                case .ended(let exit): return exit
                case .running(let waiters):
                    state = .running(waiters + [continuation])
                    return nil
                }
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    /// What it has written to standard output so far.
    public var output: String { Self.text(outputPath) }

    /// What it has written to standard error so far.
    public var errorOutput: String { Self.text(errorPath) }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
