import Glibc
import Testing

@testable import FlumeWorker

/// What the signals do is tested on real processes: ``ProcessTests``.
@Suite("Listening to the system's signals", .serialized)
struct SignalListenerTests {
    private func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        unsafe sigaction(number, nil, &action)
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    @Test("what a signal did before comes back with the last who stops listening")
    func restored() {
        let before = isIgnored(SIGTSTP)
        let first = SignalListener(.besideServiceGroup) { _, _ in }
        let second = SignalListener(.all) { _, _ in }
        #expect(isIgnored(SIGTSTP) && isIgnored(SIGTERM))
        first.stop()
        #expect(isIgnored(SIGTSTP))
        second.stop()
        #expect(isIgnored(SIGTSTP) == before)
        #expect(!isIgnored(SIGTERM))
    }
}
