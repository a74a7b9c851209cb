import Testing

@testable import FlumeWorker

@Suite("Who is buried when a process died")
struct SuspectRuleTests {
    private func verdicts(_ deaths: [Int], limit: Int = 3) -> [SuspectRule.Verdict] {
        let rule = SuspectRule(limit: limit, deaths: deaths)
        return deaths.enumerated().map { rule.verdict(deaths: $0.element, position: $0.offset) }
    }

    @Test("below the limit nobody is, and suspects run apart")
    func below() {
        #expect(verdicts([1, 2, 2]).map(\.limit) == [3, 3, 3])
        #expect(verdicts([1, 2, 2]).map(\.delay) == [0, 0.25, 0.5])
    }

    @Test("the only one at the limit is")
    func alone() {
        #expect(verdicts([3]).map(\.limit) == [3])
        #expect(verdicts([2, 3, 1]).map(\.limit) == [3, 3, 3])
    }

    @Test("of several at the limit none is: they run again, each time eight times further apart, until patience ends")
    func several() {
        #expect(verdicts([3, 3]).map(\.limit) == [4, 4])
        #expect(verdicts([3, 3, 1]).map(\.delay) == [0, 2, 0.5])
        #expect(verdicts([4, 4]).map(\.limit) == [5, 5])
        #expect(verdicts([5, 5]).map(\.delay) == [0, 128])
        #expect(verdicts([6, 6]).map(\.limit) == [6, 6])
        // One that joined late is judged by its own deaths.
        #expect(verdicts([3, 5]).map(\.limit) == [4, 6])
    }

    @Test("with a limit of 1 no job of a dead process runs again")
    func once() {
        #expect(verdicts([1, 1], limit: 1).map(\.limit) == [1, 1])
    }
}
