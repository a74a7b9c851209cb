/// Keeps tests that measure time and tests that take every processor from running at the same time.
public actor Machine {
    private static let shared = Machine()
    private var isTaken = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    private init() {}

    private func take() async {
        guard isTaken else { return isTaken = true }
        await withCheckedContinuation { waiters.append($0) }
    }

    private func give() {
        if waiters.isEmpty { isTaken = false } else { waiters.removeFirst().resume() }
    }

    /// Runs a test while no other test of this kind runs.
    ///
    /// - Parameter body: The test.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws.
    public static func alone<Result>(_ body: () async throws -> Result) async throws -> Result {
        await shared.take()
        do {
            let result = try await body()
            await shared.give()
            return result
        } catch {
            await shared.give()
            throw error
        }
    }
}
