public import FlumeRedis
import FlumeStore

/// The jobs of a queue or a sorted set, read a page at a time as they are asked for.
///
/// However many there are, memory holds one page of them, and no command keeps Redis from others. A job that is there from
/// the first page to the last comes at least once; jobs may come twice while others move some, and those that are added or
/// leave meanwhile may come or not. What a loop over it deletes or moves makes it miss nothing. It ends early when its task
/// is cancelled.
public struct JobRecords: AsyncSequence, Sendable {
    enum Source: Sendable {
        case queue(String)
        case set(StoredSet)
    }

    let store: JobStore
    let source: Source
    /// What a job has to contain; empty for all.
    let text: String

    /// Begins with the first page.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(records: self) }

    /// Reads on when the last page is used up.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// About how many jobs Redis looks at for one command.
        private static let pageSize = 250

        private enum Progress {
            case queue(next: Int, length: Int?)
            case set(cursor: String)
            case ended
        }

        private let records: JobRecords
        private var progress: Progress
        private var page: ArraySlice<JobRecord> = []

        fileprivate init(records: JobRecords) {
            self.records = records
            progress =
                switch records.source {
                case .queue: .queue(next: 0, length: nil)
                case .set: .set(cursor: "0")
                }
        }

        /// The next job; `nil` after the last.
        ///
        /// - Throws: ``RedisError``.
        public mutating func next() async throws(RedisError) -> JobRecord? {
            while page.isEmpty {
                guard !Task.isCancelled, try await read() else { return nil }
            }
            return page.removeFirst()
        }

        /// Reads the next page.
        ///
        /// - Returns: whether there was one.
        private mutating func read() async throws(RedisError) -> Bool {
            switch (progress, records.source) {
            case (.queue(let next, let length), .queue(let name)):
                let part = try await records.store.walk(
                    name, from: next, of: length, count: Self.pageSize, containing: records.text)
                page =
                    part.jobs.map { job in
                        JobRecord(
                            job.bytes, in: .queue(name), position: .init(index: job.place, length: part.length))
                    }[...]
                progress =
                    part.isLast ? .ended : .queue(next: part.first + part.count, length: part.length)
            case (.set(let cursor), .set(let set)):
                let part = try await records.store.scan(
                    set, cursor: cursor, count: Self.pageSize, matching: Self.pattern(containing: records.text))
                page = part.members.map { JobRecord($0, in: set) }[...]
                progress = part.cursor == "0" ? .ended : .set(cursor: part.cursor)
            default:
                return false
            }
            return true
        }

        /// The pattern for what contains a text.
        private static func pattern(containing text: String) -> String? {
            guard !text.isEmpty else { return nil }
            return "*" + text.map { "*?[]\\^".contains($0) ? "\\\($0)" : String($0) }.joined() + "*"
        }
    }
}

@available(*, unavailable)
extension JobRecords.AsyncIterator: Sendable {}
