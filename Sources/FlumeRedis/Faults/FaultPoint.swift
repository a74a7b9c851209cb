#if DEBUG || FLUME_LAB

    import Glibc
    import Synchronization

    /// A named place where a process can be made to die, to see what it leaves behind.
    ///
    /// Debug builds have them, and those made with `-Xswiftc -DFLUME_LAB`. `FLUME_FAULT_POINT=jobs/settle.after:3` kills
    /// the process with SIGKILL when it passes that point for the third time; `FLUME_FAULT_TRACE=FILE` appends a line
    /// `<name>:<ordinal>` to a file for each passing of each point. What `jobs/settle.after` means is told at
    /// `RedisClient.passFaultPoints(before:)`.
    package enum FaultPoint {
        private final class Lab: Sendable {
            let plan: Mutex<FaultPlan>
            let trace: Int32?

            init(_ point: String?, trace path: String?) {
                plan = Mutex(FaultPlan(point))
                trace = path.map { unsafe open($0, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) }
            }
        }

        private static let lab: Lab? = {
            let (point, trace) = (environment("FLUME_FAULT_POINT"), environment("FLUME_FAULT_TRACE"))
            guard point != nil || trace != nil else { return nil }
            return Lab(point, trace: trace)
        }()

        /// Passes a point; the process may end here.
        ///
        /// - Parameter name: what the point is called.
        package static func pass(_ name: @autoclosure () -> String) {
            if isFatal(name()) { die() }
        }

        /// Passes a point and leaves the dying to the caller, who has something to do before.
        ///
        /// - Parameter name: what the point is called.
        /// - Returns: whether the process is to end here.
        static func isFatal(_ name: @autoclosure () -> String) -> Bool {
            guard lab != nil else { return false }
            return note(name())
        }

        /// Ends the process as `kill -9` does.
        static func die() -> Never {
            kill(getpid(), SIGKILL)
            // Another thread may run on for a moment; this one does not.
            while true { pause() }
        }

        private static func note(_ name: String) -> Bool {
            guard let lab = lab else { return false }
            // The line is written under the lock, so that the order of the file is the order of the ordinals.
            return lab.plan.withLock { plan in
                let (ordinal, isFatal) = plan.pass(name)
                if let trace = lab.trace {
                    let line = Array("\(name):\(ordinal)\n".utf8)
                    _ = unsafe line.withUnsafeBytes { unsafe write(trace, $0.baseAddress, $0.count) }
                }
                return isFatal
            }
        }

        private static func environment(_ name: String) -> String? {
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        }
    }

#else

    /// Nothing, in a release build.
    package enum FaultPoint {
        @inlinable
        @inline(__always)
        package static func pass(_ name: @autoclosure () -> String) {}
    }

#endif
