import Testing

@testable import FlumeConfiguration

@Suite("ERB in config/sidekiq.yml")
struct ERBTests {
    private static let variables = ["X": "7", "TEXT": "abc", "EMPTY": ""]

    @Test(
        "puts in what Ruby would",
        arguments: [
            ("<%= ENV[\"X\"] %>", "7"), ("<%=ENV['X']%>", "7"), ("<%= ENV['NO'] %>", ""),
            ("<%= ENV.fetch('X', 5) %>", "7"), ("<%= ENV.fetch('NO', 5) %>", "5"),
            ("<%= ENV.fetch(\"NO\") { 5 } %>", "5"), ("<%= ENV.fetch('NO') { ENV['X'] } %>", "7"),
            ("<%= ENV.fetch('NO') { ENV.fetch('NEITHER', 'c') } %>", "c"),
            ("<%= ENV.fetch('X') { Integer(ENV['TEXT']) } %>", "7"), ("<%= ENV.fetch('X') { ENV.fetch('NO') } %>", "7"),
            ("<%= ENV.fetch('X') { ENV['NO'].strip } %>", "7"), ("<%= ENV['X'] || ENV['NO'].strip %>", "7"),
            ("<%= ENV['NO'] || 5 %>", "5"), ("<%= ENV['NO'] || ENV['X'] || 5 %>", "7"),
            ("<%= ENV['X'] || ENV.fetch('NO') %>", "7"), ("<%= ENV['X'] || Integer(ENV['NO']) %>", "7"),
            ("<%= ENV['EMPTY'] || 5 %>", ""), ("<%= ENV['EMPTY'].presence || 5 %>", "5"),
            ("<%= Integer(ENV['X']) %>", "7"), ("<%= Integer(ENV.fetch('NO', '12')) %>", "12"),
            ("<%= ENV['X'].to_i %>", "7"), ("<%= ENV['NO'].to_i %>", "0"), ("<%= ENV['TEXT'].to_i %>", "0"),
            ("<%= (ENV['NO'] || '9x').to_i %>", "9"), ("<%= ENV['X'].to_s %>", "7"), ("<%= 'a b ' .strip %>", "a b"),
            ("<%= 1_000 %>", "1000"), ("<%= -1 %>", "-1"), ("<%= nil %>", ""), ("<%= nil || true %>", "true"),
            ("a<%# anything %>b", "ab"), ("<%% literal %>", "<% literal %>"), ("<%= ENV['X'] -%>", "7"),
            ("no tag", "no tag"), ("", ""),
        ])
    func understood(template: String, text: String) throws {
        #expect(try ERBTemplate(template, named: "s.yml", variables: Self.variables).text == text)
    }

    @Test(
        "that is more than environment variables is an error with its line and what to do",
        arguments: [
            ("<% if ENV['X'] %>", "<% if ENV['X'] %> is Ruby code"),
            ("<%= `hostname` %>", "`hostname` is not understood"),
            ("<%= Rails.env %>", "Rails.env is not understood"),
            ("<%= ENV['X'].to_i * 2 %>", "* 2 is not understood"),
            ("<%= ENV['X'].upcase %>", ".upcase is not understood"),
            ("<%= \"#{ENV['X']}_q\" %>", "which is not understood"),
            ("<%= ENV.fetch('NO') %>", "the variable NO is not set, and ENV.fetch(\"NO\") has no default"),
            ("<%= Integer(ENV['TEXT']) %>", "Integer(…) got abc, which is not a number"),
            ("<%= Integer(ENV['NO']) %>", "Integer(…) got nil, which is not a number"),
            ("<%= ENV['X' %>", "an expression ends too early"), ("<%= %>", "an expression ends too early"),
            ("<%= 'a %>", "a quote is not closed"), ("<%= 1.5 %>", "1.5 is not understood"),
            ("<%= ENV['X'", "a <% is not closed by %>"),
        ])
    func refused(tag: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try ERBTemplate("a: 1\n\nb: \(tag)", named: "s.yml", variables: Self.variables)
        }
        #expect(error?.problems.count == 1)
        #expect(error?.problems.first?.line == 3)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("never traps, whatever is cut off")
    func cut() {
        let template = "<%= Integer(ENV.fetch('X') { (ENV[\"Y\"] || 5).to_i }) -%><%# c %><%% d %>"
        for length in 0...template.count {
            _ = try? ERBTemplate(String(template.prefix(length)), named: "s.yml", variables: [:])
            _ = try? ERBTemplate(String(template.suffix(length)), named: "s.yml", variables: [:])
        }
    }
}
