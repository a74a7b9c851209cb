// The Swift blocks of the chapter "Moving from Ruby", word for word.

import FlumeCheck
import FlumeWorker
import Foundation

private let handlers = HandlerRegistry([])

struct Check {
    static func main() async { exit(await CheckCommand.run(handlers: handlers)) }
}

func handOver() -> WorkerConfiguration {
    var configuration = WorkerConfiguration()
    configuration.unknownClass = .forward(toQueue: "default")
    return configuration
}
