/// A keyed container for arguments by position, where nothing may close up.
///
/// The standard library leaves nil out, in a default for each type of its own that a generic function does not replace; so
/// each of them stands here, once for all such containers.
protocol PositionKeepingContainer: KeyedEncodingContainerProtocol {
    /// Writes a value, or what stands for its absence.
    mutating func encodePosition<T: Encodable>(_ value: T?, _ key: Key) throws
}

extension PositionKeepingContainer {
    mutating func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try encodePosition(value, key) }
    mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try encodePosition(value, key) }
}
