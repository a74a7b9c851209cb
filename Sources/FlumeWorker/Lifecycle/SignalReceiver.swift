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
    /// A second TERM from the operating system ends at once.
    func receive(_ signal: String, from source: Source) {
        logger.notice("signal received", metadata: ["flume.signal": "\(signal)", "flume.source": "\(source)"])
        switch signal {
        case "TSTP": phase.advance(to: .quiet)
        case "TERM", "INT":
            guard !phase.advance(to: .stopping), source == .operatingSystem else { return }
            logger.critical("told to stop a second time: exits at once; jobs that run are recovered by others")
            _exit(1)
        case "TTIN", "INFO": dump()
        default: logger.warning("signal is unknown and ignored", metadata: ["flume.signal": "\(signal)"])
        }
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
                    LogKeys.jid: "\(payload?.jid ?? "")", LogKeys.jobClass: "\(payload?.handlerName ?? "")",
                    LogKeys.queue: "\(entry.delivery.queue)", "flume.started_at": "\(entry.startedAt)",
                ])
        }
    }
}
