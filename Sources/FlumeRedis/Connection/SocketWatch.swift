#if canImport(Darwin)
    import Darwin
#endif
import NIOCore

/// Stays awake for a reply that is about to come.
///
/// A thread that sleeps until its reply is there pays for being put to sleep and for being woken, and so does the core
/// it ran on; measured on a virtual machine of two cores, a loop in C that does nothing else pushed 2,500 to 5,600 jobs
/// a second asleep and 20,000 to 23,000 awake. So the event loop watches the socket for a moment, and goes to sleep as
/// always when nothing has come. A server that is further away is noticed: after a few watches in vain in a row it is
/// left alone for a while, twice as long each time.
struct SocketWatch {
    private let patience: TimeAmount
    /// How often in a row nothing came.
    private var misses = 0
    /// How many replies are not watched for after the next series in vain, and how many are left of this time.
    private var nextPause = SocketWatch.shortestPause
    private var pause = 0

    /// So many in a row: the first after a sleep is late because the server's core slept too.
    private static let series = 8
    private static let shortestPause = 64
    private static let longestPause = 8192

    /// Creates a watch.
    ///
    /// - Parameters:
    ///   - patience: How long to watch at most; zero for never.
    ///   - cores: How many cores there are: on one, watching would keep the server itself from running.
    init(patience: Duration, cores: Int = System.coreCount) {
        self.patience = cores > 1 ? TimeAmount(patience) : .zero
    }

    /// Creates a watch for connections of these settings.
    ///
    /// None on Unix sockets: unread bytes count as memory of the sender there, so that none would ever be seen.
    init(on configuration: RedisConfiguration, cores: Int = System.coreCount) {
        let isUnixSocket = if case .unix = configuration.address { true } else { false }
        self.init(patience: isUnixSocket ? .zero : configuration.replyWatch, cores: cores)
    }

    /// Whether it ever waits.
    var isOn: Bool { patience > .zero }

    /// Watches a channel until there is something to read, or for as long as it makes sense.
    mutating func wait(for channel: any Channel) {
        guard patience > .zero, let options = channel.syncOptions else { return }
        // Not a read: that is for the event loop to do, which finds it at once when it looks.
        wait { Self.hasUnread(options) }
    }

    /// Asks until there is something, or for as long as it makes sense.
    mutating func wait(until hasCome: () -> Bool) {
        guard patience > .zero else { return }
        guard pause == 0 else { return pause -= 1 }
        let end = NIODeadline.now() + patience
        repeat {
            if hasCome() {
                misses = 0
                nextPause = Self.shortestPause
                return
            }
        } while NIODeadline.now() < end
        misses += 1
        guard misses == Self.series else { return }
        misses = 0
        pause = nextPause
        nextPause = min(2 * nextPause, Self.longestPause)
    }

    /// Whether the kernel holds bytes for a channel that nobody has read; false where it does not say.
    static func hasUnread(_ options: any NIOSynchronousChannelOptions) -> Bool {
        guard let memory = try? options.getOption(unread) else { return false }
        // 32 bits: Linux fills the other half with the next of its numbers.
        return Int32(truncatingIfNeeded: memory) > 0
    }

    #if canImport(Darwin)
        private static let unread = ChannelOptions.Types.SocketOption(level: .socket, name: .init(rawValue: SO_NREAD))
    #else
        /// SO_MEMINFO, which Glibc's headers do not have; its first number is the memory that unread bytes take.
        private static let unread = ChannelOptions.Types.SocketOption(level: .socket, name: .init(rawValue: 55))
    #endif
}
