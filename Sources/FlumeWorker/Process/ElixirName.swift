/// A class name as Exq reads it: `My.Worker` for `Elixir.My.Worker`, `My.Worker/perform` and Ruby's `My::Worker`.
///
/// So a job finds its handler whichever of them its producer writes and whichever the handler is registered under. A
/// handler of exactly the name comes first.
enum ElixirName {
    private static let prefix = "Elixir."

    static func of(_ jobClass: String) -> String {
        // Exq calls `perform` whatever function stands behind the slash.
        var name = jobClass.prefix { $0 != "/" }
        if name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        return name.split(separator: "::", omittingEmptySubsequences: false).joined(separator: ".")
    }
}
