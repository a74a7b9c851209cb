import FlumeStore
import FlumeWire
import Glibc
import Logging

/// What each signal that Sidekiq knows does to a worker.
struct SignalReceiver: Sendable {
    /// Who sent a signal.
    enum Source: String {
        case operatingSystem, webUI
    }

    let phase: Phase
    let running: RunningJobs
    let limits: PayloadLimits
    let logger: Logger

    /// TSTP quiets, TERM and INT stop, TTIN tells what is running.
    ///
    /// A second TERM from the operating system ends at once: `count` tells how many TERM and INT there were.
    func receive(_ signal: String, from source: Source, count: Int = 1) {
        logger.notice(
            "signal received", metadata: [LogKeys.signal: "\(LogText.name(signal))", LogKeys.source: "\(source)"])
        switch signal {
        case "TSTP": phase.advance(to: .quiet)
        case "TERM", "INT":
            phase.advance(to: .stopping)
            guard source == .operatingSystem, count > 1 else { return }
            logger.critical("told to stop a second time: exits at once; jobs that run are recovered by others")
            _exit(1)
        case "TTIN", "INFO": dump()
        case _ where signal.hasPrefix(Self.cancelPrefix): cancel(signal.dropFirst(Self.cancelPrefix.count))
        default: logger.warning("signal is unknown and ignored", metadata: [LogKeys.signal: "\(LogText.name(signal))"])
        }
    }

    /// What Exq's signal to cancel a job begins with.
    private static let cancelPrefix = "CANCEL:"

    /// Cancels the job that Exq's signal names: `{"pid":"#PID<0.1.0>","jid":"…"}`, or just the jid.
    private func cancel(_ target: Substring) {
        let isObject = target.hasPrefix("{")
        let jid = isObject ? (try? JSONValue(parsing: Array(target.utf8)))?["jid"]?.string ?? "" : String(target)
        guard running.cancel(jid: jid) != .cancelled else { return }
        logger.warning(
            "no job was cancelled: none of this jid runs here alone", metadata: [LogKeys.jid: "\(LogText.name(jid))"])
    }

    /// Logs what is running.
    func dump() {
        let entries = running.snapshot.sorted { $0.startedAt < $1.startedAt }
        logger.notice("running jobs", metadata: [LogKeys.count: "\(entries.count)"])
        for entry in entries {
            let payload = try? JobPayload(parsing: entry.delivery.payload, limits: limits)
            logger.notice(
                "running job",
                metadata: [
                    LogKeys.jid: "\(LogText.name(payload?.jid ?? ""))",
                    LogKeys.jobClass: "\(LogText.name(payload?.handlerName ?? ""))",
                    LogKeys.queue: "\(entry.delivery.queue)", LogKeys.startedAt: "\(entry.startedAt)",
                ])
        }
    }
}
