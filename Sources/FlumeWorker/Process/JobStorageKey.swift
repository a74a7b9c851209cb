/// The name and type of a value in a ``JobStorage``.
///
/// The type itself is the key, so nobody can meet another's value by accident:
///
/// ```swift
/// enum CurrentUser: JobStorageKey { typealias Value = User }
/// ```
public protocol JobStorageKey {
    /// What is stored under it.
    associatedtype Value: Sendable
}
