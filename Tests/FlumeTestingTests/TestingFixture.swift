import Flume
import FlumeTesting
import FlumeWire
import FlumeWorker
import Synchronization

struct WelcomeEmail: Job {
    static var options: JobOptions { .init(queue: "mailers", retry: .limit(5)) }
    var userID: Int
    var template: String
}

struct Chain: Job {
    var left: Int
}

struct Boom: Error, Equatable, CustomStringConvertible {
    var description = "boom"
}

/// What handlers did, in order.
final class Journal: Sendable {
    private let state = Mutex<[String]>([])

    var entries: [String] { state.withLock { $0 } }

    func note(_ entry: String) { state.withLock { $0.append(entry) } }
}

extension Handler {
    /// Notes the template of each e-mail.
    static func noting(_ journal: Journal) -> Handler {
        Handler(for: WelcomeEmail.self) { job, _ in journal.note(job.template) }
    }

    /// Fails so often, and then notes the template.
    static func failing(_ times: Int, _ journal: Journal = Journal()) -> Handler {
        Handler(for: WelcomeEmail.self) { job, context in
            guard context.attempt > times else { throw Boom() }
            journal.note(job.template)
        }
    }
}

let email = WelcomeEmail(userID: 42, template: "hello")
