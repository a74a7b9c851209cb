import FlumeCheck
import FlumeWorker
import Foundation

/// A check of classes that are given in words (`--expect`), where no program of your own knows your handlers.
///
/// Without any it knows the classes of interop-worker.
@main
struct FlumeCheckProgram {
    private static let interopClasses = [
        "TypedJob(Int, String, [String: Int], Double?)", "SleepJob(Double)", "SpinJob(Double)", "SnoozeJob(Double)",
        "LimitedJob(String, Int)", "FailJob(String)", "FailTimesJob(String, Int)", "EchoJob(...)", "NoopJob(...)",
        "StampJob(...)", "CrashJob(...)", "BatchEchoJob(...)",
    ]

    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if !arguments.contains(where: { $0 == "--expect" || $0.hasPrefix("--expect=") }) {
            arguments += interopClasses.map { "--expect=\($0)" }
        }
        exit(await CheckCommand.run(handlers: HandlerRegistry([]), arguments: arguments))
    }
}
