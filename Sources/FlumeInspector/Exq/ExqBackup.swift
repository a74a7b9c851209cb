/// The jobs of one queue that a node of Exq has in flight.
public struct ExqBackup: Sendable, Hashable, Codable {
    /// The id of the node, mostly its host's name.
    public var node: String
    /// The queue it took them from.
    public var queue: String
    /// How many.
    public var jobs: Int
    /// Whether the node lives: it has shown itself within the last minute.
    public var isAlive: Bool
}
