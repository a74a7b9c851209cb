import Testing

@testable import FlumeRedis

@Suite("A fault point")
struct FaultPlanTests {
    @Test("is fatal at the passing that the plan names, and at no other")
    func ordinal() {
        var plan = FaultPlan("jobs/settle.after:2")
        #expect(plan.pass("jobs/settle.after") == (1, false))
        #expect(plan.pass("jobs/settle.before") == (1, false))
        #expect(plan.pass("jobs/settle.after") == (2, true))
        #expect(plan.pass("jobs/settle.after") == (3, false))
    }

    @Test("is fatal at its first passing when the plan names none, also with a colon in its name")
    func colons() {
        var first = FaultPlan("wait:default/BLMOVE.before")
        #expect(first.pass("wait:default/BLMOVE.before") == (1, true))
        var second = FaultPlan("wait:7:2")
        #expect(second.pass("wait:7") == (1, false))
        #expect(second.pass("wait:7") == (2, true))
    }

    @Test("is never fatal without a plan", arguments: [nil, ""])
    func none(text: String?) {
        var plan = FaultPlan(text)
        for ordinal in 1...3 { #expect(plan.pass("") == (ordinal, false)) }
    }
}
