import Foundation

/// Which of the points that an undisturbed run has passed are tried.
///
/// Every point at every passing, but for this: loops that wait for work repeat the same reads for as long as nothing
/// happens. A point that only reads or renews (``idle``) is the same place at all its passings between the same two steps
/// that write something; of those only the first is tried.
struct CrashPlan: Sendable {
    /// Commands that move no job and change nothing but what is renewed all the time.
    private static let idle: Set<String> = [
        "due", "hold", "watch", "command", "control", "SMEMBERS", "MGET", "PING", "MULTI+UNLINK", "MULTI+SADD", "SET",
        "HGET", "HGETALL", "TIME", "ZRANGE", "SCRIPT", "BLMOVE", "BLPOP", "SUBSCRIBE", "GET", "EXISTS",
    ]

    /// `name:ordinal`, in the order they were passed.
    let points: [String]

    /// Reads a trace.
    init(tracedIn path: String) {
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        var steps = 0
        var seen: Set<String> = []
        var points: [String] = []
        for point in text.split(separator: "\n").map(String.init) {
            let name = Self.name(of: point)
            if Self.isIdle(name) {
                guard seen.insert("\(steps) \(name)").inserted else { continue }
            } else {
                steps += 1
            }
            points.append(point)
        }
        self.points = points
    }

    /// Which of these commands and places it does not have.
    func missing(of passes: [String]) -> [String] {
        let names = Set(points.map(Self.name))
        return passes.filter { !names.contains($0 + ".before") }
    }

    /// Each point at its first passing, and those that only read or renew only if no station before had them.
    func firstPassings(besides known: inout Set<String>) -> [String] {
        var own: Set<String> = []
        return points.filter { point in
            let name = Self.name(of: point)
            return Self.isIdle(name) ? known.insert(name).inserted : own.insert(name).inserted
        }
    }

    /// `jobs/settle.after:3` without its ordinal.
    static func name(of point: String) -> String {
        String(point[..<(point.lastIndex(of: ":") ?? point.endIndex)])
    }

    private static func isIdle(_ name: String) -> Bool {
        let command = name.split(separator: "/").last?.split(separator: ".").first ?? ""
        return idle.contains(String(command))
    }
}
