/// Sidekiq's Web UI as a person sees it: what `interop/ruby/pages.rb` prints.
struct Pages: Decodable, Sendable {
    struct Page: Decodable, Sendable {
        var status: Int
        var rows: [[String]]
        var text: String

        /// The table row that contains all of these texts, each in one of its cells.
        func row(with texts: String...) -> [String]? {
            rows.first { row in texts.allSatisfy { text in row.contains { $0.contains(text) } } }
        }
    }

    var sidekiq: String
    var pages: [String: Page]

    subscript(path: String) -> Page? { pages[path] }

    /// The page of one job in `retries`, `scheduled` or `morgue`.
    func detail(_ folder: String, jid: String) -> Page? {
        pages.first { $0.key.hasPrefix("/\(folder)/") && $0.key.hasSuffix("-\(jid)") }?.value
    }
}
