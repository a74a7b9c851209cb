/// What a missing trailing argument decodes as: nil for optionals, nothing for other types.
enum MissingArgument {
    static func value<T>(_ type: T.Type) -> T? {
        (type as? any AbsentRepresentable.Type).flatMap { $0.absent as? T }
    }
}

/// Types with a value for "not there".
protocol AbsentRepresentable {
    static var absent: Self { get }
}

extension Optional: AbsentRepresentable {
    static var absent: Self { .none }
}
