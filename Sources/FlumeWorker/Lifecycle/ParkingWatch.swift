import FlumeWire
import Logging

/// Looks for parked jobs of pipelines and limits that no process has any more, and says so once for each.
struct ParkingWatch {
    /// The places of this process.
    let own: @Sendable () -> [ParkingPlace]
    /// For how long nobody must have been at a place: processes are restarted.
    let patience: Duration
    let logger: Logger
    private var told: Set<ParkingPlace> = []

    init(patience: Duration, logger: Logger, own: @escaping @Sendable () -> [ParkingPlace]) {
        self.own = own
        self.patience = patience
        self.logger = logger
    }

    /// `left` are places where nobody has been for so long, and for how many keys jobs wait there.
    mutating func tell(of left: [(place: ParkingPlace, keys: Int)]) {
        told.formIntersection(left.map(\.place))
        for (place, keys) in left where told.insert(place).inserted {
            logger.warning(
                """
                jobs wait for a limit of a pipeline that no process has any more, so nobody takes them: bring it back, \
                or put them into their queues with flume-control release
                """,
                metadata: [
                    LogKeys.pipeline: "\(place.pipeline)", LogKeys.limit: "\(place.limit)", LogKeys.count: "\(keys)",
                ])
        }
    }
}
