import Foundation
import Glibc
import TestSupport

/// Appends to a ledger that other processes append to as well.
///
/// `O_APPEND` and one `write` for each line: the kernel keeps the lines of several processes apart, and a line is out of the
/// process as soon as the call returns, whatever becomes of the process then.
final class LedgerWriter: Sendable {
    private let descriptor: Int32

    init(path: String) throws {
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TestSupportError("cannot append to the ledger \(path): errno \(errno)") }
    }

    deinit { close(descriptor) }

    /// Writes one line.
    ///
    /// - Throws: ``TestSupportError`` when the file takes no more: then the lab knows nothing and must stop.
    func write(_ entry: LedgerEntry) throws {
        let bytes = Array(entry.line.utf8)
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw TestSupportError("the ledger took no line: errno \(errno)")
        }
    }
}

/// The machine's monotonic clock in nanoseconds, the same for all processes and not moved by anybody.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
