import FlumeCheck
import FlumeWorker
import Foundation

/// A check of classes that are given in words (`--expect`), where no program of your own knows your handlers.
@main
struct FlumeCheckProgram {
    static func main() async {
        exit(await CheckCommand.run(handlers: HandlerRegistry([])))
    }
}
