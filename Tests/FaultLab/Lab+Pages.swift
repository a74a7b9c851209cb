import Foundation
import TestSupport

/// The other half of invariant 5: what is in Redis can be looked at.
extension Lab {
    private struct Pages: Decodable {
        struct Page: Decodable {
            var status: Int
        }
        var pages: [String: Page]
    }

    /// Has Sidekiq's own Web UI render each of its pages; needs Ruby, and a server that listens on TCP.
    ///
    /// - Parameter isPoison: whether there are jobs without a jid, or with one that is no text: they have no page of their own
    ///   there, and their links lead back to the list.
    /// - Throws: ``TestSupportError`` when the pages cannot be asked for.
    func expectPages(ofPoison isPoison: Bool = false) async throws {
        let command = LabPrograms.ruby("pages.rb") + ["--redis", server.tcpURL()]
        let child = try ChildProcess.spawn(
            command[0], Array(command.dropFirst()), output: directory.path, name: "pages-\(monotonicNanoseconds())")
        let exit = await child.exit()
        // 1: not every page is a 200.
        guard [.status(0), .status(1)].contains(exit),
            let pages = try? JSONDecoder().decode(Pages.self, from: Data(child.output.utf8)).pages
        else { throw TestSupportError("pages.rb ended by \(exit): \(child.errorOutput.suffix(2000))") }
        expect(pages.count > 4, "only \(pages.count) pages of the Web UI were rendered")
        func isRight(_ path: String, _ status: Int) -> Bool {
            let isOfJob = ["/retries/", "/morgue/"].contains { path.hasPrefix($0) }
            return status == 200 || isPoison && isOfJob && status == 302
        }
        for (path, page) in pages where !isRight(path, page.status) {
            expect(false, "the Web UI answers \(page.status) on \(path)")
        }
    }
}
