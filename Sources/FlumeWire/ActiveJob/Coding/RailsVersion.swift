/// The oldest Rails that is to read what is written here.
///
/// Each version of ActiveJob knows more types of arguments than the one before; what is read does not depend on it.
public struct RailsVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let major: Int
    private let minor: Int

    /// Rails 6.0.
    public static let v6_0 = RailsVersion(major: 6, minor: 0)
    /// Rails 6.1: modules.
    public static let v6_1 = RailsVersion(major: 6, minor: 1)
    /// Rails 7.0: ranges.
    public static let v7_0 = RailsVersion(major: 7, minor: 0)
    /// Rails 7.1 and later: BigDecimal as such, and the zone of a TimeWithZone.
    public static let v7_1 = RailsVersion(major: 7, minor: 1)

    private init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads `6.1` or `7.2.2`, or nil if the text is no version.
    public init?(_ text: String) {
        let numbers = text.split(separator: ".").map { Int($0) }
        guard let major = numbers.first ?? nil, numbers.count > 1, let minor = numbers[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    /// The version, such as `7.1`.
    public var description: String {
        "\(major).\(minor)"
    }

    /// Whether one version is older than the other.
    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
