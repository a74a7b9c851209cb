import Dispatch
import Glibc

/// Listens to the signals of the operating system that Sidekiq knows, on a thread that no handler can block.
final class SignalListener: Sendable {
    private let sources: [Source]

    /// A dispatch source is safe to use from any thread; its type just does not say so on Linux.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceSignal
    }

    /// - Parameters:
    ///   - handling: which signals.
    ///   - receive: called with Sidekiq's name of the signal: TERM, INT, TSTP, TTIN.
    init(_ handling: SignalHandling, receive: @escaping @Sendable (String) -> Void) {
        var numbers: [(Int32, String)] = []
        if handling != .none { numbers += [(SIGTSTP, "TSTP"), (SIGTTIN, "TTIN")] }
        if handling == .all { numbers += [(SIGTERM, "TERM"), (SIGINT, "INT")] }
        let queue = DispatchQueue(label: "flume.signals")
        sources = numbers.map { number, name in
            // The default would stop or end the process before the source hears of it.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { receive(name) }
            source.resume()
            return Source(source: source)
        }
    }

    /// Listens no more.
    func stop() {
        for source in sources { source.source.cancel() }
    }
}
