import FlumeConfiguration
import Foundation
import Testing

/// A file of the folder Fixtures.
func fixture(_ name: String) throws -> String {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
    return try String(contentsOf: url, encoding: .utf8)
}

/// README.md.
func readme() throws -> String {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    return try String(contentsOf: here.appending(path: "../../README.md").standardizedFileURL, encoding: .utf8)
}

/// What is wrong with a configuration, as it is shown.
func problems(_ read: (inout FlumeSettings) throws(ConfigurationError) -> Void) -> [String] {
    var settings = FlumeSettings()
    do {
        try read(&settings)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// What is wrong with a file of Flume's own form, named f.yml.
func problems(_ yaml: String, _ variables: [String: String] = [:]) -> [String] {
    problems { settings throws(ConfigurationError) in
        try settings.read(yaml: yaml, named: "f.yml", variables: variables)
    }
}

/// What is wrong with a file of Sidekiq's form, named s.yml.
func sidekiqProblems(_ yaml: String, _ variables: [String: String] = [:]) -> [String] {
    problems { settings throws(ConfigurationError) in
        try settings.read(sidekiqYAML: yaml, named: "s.yml", variables: variables)
    }
}
