#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension FlumeSettings {
    /// Reads a Rails app's config/sidekiq.yml, as it is, over what is set already.
    ///
    /// Queues become the pipeline `default`, capsules one pipeline each; the section of the environment is laid over the
    /// rest. What has no effect in a Swift worker (`:require:`, `:verbose:`, …) is added to ``notes``. ERB is understood
    /// as far as it puts in environment variables, with defaults and as integers; any other Ruby is an error that names
    /// the line. Forms of Sidekiq 6.4 to 8.1 are read by the rules of 7 and later: `- critical,3` has a weight.
    ///
    /// - Parameters:
    ///   - path: of the file.
    ///   - environment: whose section counts; nil for `APP_ENV`, `RAILS_ENV`, `RACK_ENV` or `development`, as in Sidekiq.
    ///   - ignoring: keys of the app's own; every other unknown key is an error.
    ///   - variables: the environment variables; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong in the file, each with its line. Nothing is changed then.
    public mutating func read(
        sidekiqFile path: String, environment: String? = nil, ignoring: Set<String> = [],
        variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        try read(
            sidekiqYAML: try Self.text(ofFile: path), named: path, environment: environment, ignoring: ignoring,
            variables: variables)
    }

    /// Reads the text of a config/sidekiq.yml over what is set already.
    ///
    /// - Parameters:
    ///   - text: the text, ERB included.
    ///   - name: the name of the file, for messages.
    ///   - environment: whose section counts; nil for that of the variables.
    ///   - ignoring: keys of the app's own.
    ///   - variables: the environment variables; nil for this process's own.
    /// - Throws: ``ConfigurationError`` with all that is wrong, each with its line. Nothing is changed then.
    public mutating func read(
        sidekiqYAML text: String, named name: String = "config/sidekiq.yml", environment: String? = nil,
        ignoring: Set<String> = [], variables: [String: String]? = nil
    ) throws(ConfigurationError) {
        let variables = variables ?? ProcessInfo.processInfo.environment
        let environment =
            environment ?? variables["APP_ENV"] ?? variables["RAILS_ENV"] ?? variables["RACK_ENV"] ?? "development"
        let template = try ERBTemplate(text, named: name, variables: variables)
        var root = try Source(yaml: template.text, named: name, lineOf: template.line(of:))
        if root.isNothing { root.content = .mapping([]) }
        var reader = SidekiqReader(environment: environment, ignoring: ignoring)
        var settings = try reader.settings(from: root, over: self)
        try settings.readRailsThreads(variables)
        self = settings
    }
}
