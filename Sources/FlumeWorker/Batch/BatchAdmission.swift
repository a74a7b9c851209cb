import FlumeRedis
import FlumeStore
import Logging

/// Has the limits admit the jobs of a batch again that waited for company for longer than they may start after their
/// admission; and a job that runs alone and is late, where there are several limits to ask.
///
/// All ask in one step, so that all may start together. As time passes, what was let through before is late, so it asks
/// again with the others.
struct BatchAdmission: Sendable {
    private static let outagePause = Duration.milliseconds(100)
    private static let mostPatience = 1024

    private let admission: Admission
    private let logger: Logger

    init(_ admission: Admission, logger: Logger) {
        self.admission = admission
        self.logger = logger
    }

    /// Waits until jobs may start, if one of them is late.
    func readmit(_ members: [BatchMember]) async throws -> (starting: [BatchMember], others: [BatchMember]) {
        guard members.contains(where: \.isLate) else { return (members, []) }
        return try await admit(members)
    }

    /// Waits until jobs may start, whatever leave they had.
    ///
    /// First all are to start together. Where there is no room for that when there should be, because others were faster or
    /// the limit was made smaller than the batch, half as many will do, and then half of those: nobody waits for ever.
    ///
    /// - Returns: those that may start now, at least one; and the others, which have to ask again.
    /// - Throws: `CancellationError` when none is to start any more, or the error of a connection closed for good.
    func admit(_ members: [BatchMember]) async throws -> (starting: [BatchMember], others: [BatchMember]) {
        var (waiting, enough, patience) = (members, members.count, 1)
        /// When there should be room, by what the limit said when it had none.
        var expected: ContinuousClock.Instant?
        while true {
            try Task.checkCancellation()
            do {
                let answer = try await admission.readmit(together: waiting, enough: enough, patience: patience)
                let inTime = answer.admitted.filter { !$0.isLate }
                let late = answer.admitted.filter(\.isLate)
                if !inTime.isEmpty { return (inTime.sorted(), (late + answer.others).sorted()) }
                waiting = (late + answer.others).sorted()
                guard late.isEmpty else {
                    // The answer came too late for any to start: more time for the next.
                    patience = min(patience * 2, Self.mostPatience)
                    continue
                }
                let wait = max(.milliseconds(1), answer.wait ?? .zero)
                if let time = expected, time < .now {
                    if enough > 1, enough == members.count { await admission.warn(ofLimitsBelow: enough) }
                    enough = max(1, enough / 2)
                    expected = nil
                }
                expected = expected ?? .now + wait
                // In the batch's own task, for as long as the limit itself said; ends with the batch.
                try await Task.sleep(for: min(wait, Acquirer.longestWait))
            } catch let error as RedisError where error.code != .closed {
                // They may have been taken back: once more would be once too often.
                waiting = waiting.map { $0.withoutLeave }
                logger.debug("cannot ask a limit", metadata: [LogKeys.error: "\(error)"])
                try await Task.sleep(for: Self.outagePause)
            }
        }
    }
}

extension BatchMember {
    /// The same job, which has to ask and has nothing to give back.
    var withoutLeave: BatchMember {
        var member = self
        member.leave = Leave(deadline: .now - .milliseconds(1))
        return member
    }
}

extension [BatchMember] {
    /// In the order in which they were fetched.
    fileprivate func sorted() -> [BatchMember] { sorted { $0.delivery.sequence < $1.delivery.sequence } }
}
