import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import XCTest

/// FlumeTesting knows no test framework, so it works with the older one too.
final class XCTestTests: XCTestCase {
    func testWhatIsEnqueuedCanBeAskedForAndRun() async throws {
        let journal = Journal()
        let jobs = TestJobs(handlers: HandlerRegistry { Handler.noting(journal) })
        try await jobs.client.enqueue(email)
        XCTAssertEqual(try jobs.enqueued(WelcomeEmail.self).map(\.userID), [42])
        try await jobs.drain()
        XCTAssertEqual(journal.entries, ["hello"])
    }
}
