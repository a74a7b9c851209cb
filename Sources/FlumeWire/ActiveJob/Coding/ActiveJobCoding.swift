/// How the arguments of ActiveJob jobs are read and written.
public struct ActiveJobCoding: Sendable {
    /// The oldest Rails that is to read what is written here.
    public var rails: RailsVersion
    /// The application's own serializers.
    ///
    /// An argument written by any other is an error.
    public var serializers: [ActiveJobSerializer]
    /// The applications whose GlobalIDs are taken; nil takes those of all.
    public var apps: Set<String>?

    /// Makes settings.
    public init(rails: RailsVersion = .v7_1, serializers: [ActiveJobSerializer] = [], apps: Set<String>? = nil) {
        self.rails = rails
        self.serializers = serializers
        self.apps = apps
    }

    func serializer(for type: Any.Type) -> ActiveJobSerializer? {
        serializers.isEmpty ? nil : serializers.first { $0.type == ObjectIdentifier(type) }
    }

    func serializer(named name: String) -> ActiveJobSerializer? {
        serializers.first { $0.name == name }
    }
}
