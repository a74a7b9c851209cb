import NIOCore

/// The connections that are open, all on one event loop.
///
/// Too many are not refused: then whoever holds idle ones could turn the probe away. The oldest one has to go.
final class Guests {
    /// More than any probe and scraper needs, and few enough to be no burden.
    static let most = 64

    private var channels: [any Channel] = []

    func enter(_ channel: any Channel) {
        channels.append(channel)
        if channels.count > Self.most { channels.removeFirst().close(promise: nil) }
    }

    func leave(_ channel: any Channel) {
        channels.removeAll { $0 === channel }
    }
}
