import Dispatch
import Glibc
import Synchronization

/// Listens to the signals of the operating system that Sidekiq knows, on a thread that no handler can block.
final class SignalListener: Sendable {
    /// Hears a signal.
    ///
    /// It gets Sidekiq's name of it, TERM, INT, TSTP or TTIN, and for TERM and INT how many of the two there were.
    typealias Receiver = @Sendable (_ signal: String, _ count: Int) -> Void

    private let sources: [Source]
    private let ignored: [Int32]

    /// A dispatch source is safe to use from any thread; its type just does not say so on Linux.
    private struct Source: @unchecked Sendable {
        let source: any DispatchSourceSignal
    }

    /// How many TERM and INT came.
    private final class EndCount: Sendable {
        let value = Atomic(0)
    }

    init(_ handling: SignalHandling, receive: @escaping Receiver) {
        let ends = [(SIGTERM, "TERM"), (SIGINT, "INT")]
        let (heard, ignored): ([(Int32, String)], [Int32]) =
            switch handling {
            case .none: ([], [])
            // What TERM does is somebody else's decision: it is heard only if it does not end the process.
            case .besideServiceGroup: ([(SIGTSTP, "TSTP"), (SIGTTIN, "TTIN")] + ends, [SIGTSTP, SIGTTIN])
            case .all: ([(SIGTSTP, "TSTP"), (SIGTTIN, "TTIN")] + ends, [SIGTSTP, SIGTTIN, SIGTERM, SIGINT])
            }
        // The default would stop or end the process before a source hears of it.
        for number in ignored { IgnoredSignals.begin(number) }
        self.ignored = ignored
        let queue = DispatchQueue(label: "flume.signals")
        let count = EndCount()
        let firstToTell = handling == .all ? 1 : 2
        sources = heard.map { number, name in
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            let isEnd = number == SIGTERM || number == SIGINT
            source.setEventHandler {
                guard isEnd else { return receive(name, 1) }
                let ordinal = count.value.add(1, ordering: .relaxed).newValue
                if ordinal >= firstToTell { receive(name, ordinal) }
            }
            source.resume()
            return Source(source: source)
        }
    }

    /// Listens no more; the signals do again what they did before.
    func stop() {
        for source in sources { source.source.cancel() }
        for number in ignored { IgnoredSignals.end(number) }
    }
}
