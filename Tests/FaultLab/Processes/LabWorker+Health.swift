import Foundation
import TestSupport

/// What a worker says of itself over HTTP.
extension LabWorker {
    /// Whether a page says yes; what speaks against it is its text.
    ///
    /// - Throws: ``TestSupportError`` when it does not answer, which nothing in the lab is a reason for.
    func health(_ page: String) async throws -> HTTPAnswer {
        guard let healthSocket else { throw TestSupportError("\(nonce) has no health endpoint") }
        return try await HTTPAnswer.get("/\(page)", at: healthSocket)
    }

    /// Whether it fetches and can reach Redis.
    ///
    /// - Throws: ``TestSupportError`` when it does not answer.
    func isReady() async throws -> Bool { try await health("ready").status == 200 }

    /// Whether there is no reason to restart it.
    ///
    /// - Throws: ``TestSupportError`` when it does not answer.
    func isLive() async throws -> Bool { try await health("live").status == 200 }

    /// The sum of all samples of one of its metrics.
    ///
    /// - Throws: ``TestSupportError`` when it does not answer.
    func metric(_ name: String) async throws -> Int {
        let samples = try await health("metrics").body.split(separator: "\n").filter { line in
            line.hasPrefix(name) && [" ", "{"].contains(line.dropFirst(name.count).first)
        }
        return samples.compactMap { Int($0.split(separator: " ").last ?? "") }.reduce(0, +)
    }
}
