import FlumeWorker
import NIOHTTP1

/// What is answered to which request.
struct HealthPage: Sendable {
    /// An answer.
    struct Answer {
        var status: HTTPResponseStatus
        var type = "text/plain; charset=utf-8"
        var body: String
    }

    let limits: HealthLimits
    let health: @Sendable () -> WorkerHealth

    func answer(to method: HTTPMethod, _ target: String) -> Answer {
        let path = target.prefix { $0 != "?" && $0 != "#" }
        guard ["/live", "/ready", "/metrics"].contains(path) else {
            return Answer(status: .notFound, body: "there are /live, /ready and /metrics\n")
        }
        guard method == .GET || method == .HEAD else {
            return Answer(status: .methodNotAllowed, body: "there are GET and HEAD\n")
        }
        switch path {
        case "/live": return answer(to: .live)
        case "/ready": return answer(to: .ready)
        default:
            return Answer(
                status: .ok, type: "text/plain; version=0.0.4; charset=utf-8", body: health().prometheusText(limits))
        }
    }

    private func answer(to probe: HealthProbe) -> Answer {
        let problems = health().problems(for: probe, limits: limits)
        guard !problems.isEmpty else { return Answer(status: .ok, body: "\(probe.rawValue)\n") }
        let lines = ["not \(probe.rawValue)"] + problems.map { $0.description }
        // An error of Redis may hold anything; a line is a line.
        let body = lines.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") + "\n" }.joined()
        return Answer(status: .serviceUnavailable, body: body)
    }
}
