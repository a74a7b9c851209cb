import Synchronization

/// The plan of a proxy, which tests change and connections read.
final class ProxyPlan: Sendable {
    private let plan = Mutex(FaultPlan())

    /// Reads or changes it.
    func withLock<Result: Sendable>(_ body: (inout FaultPlan) -> Result) -> Result { plan.withLock { body(&$0) } }
}
