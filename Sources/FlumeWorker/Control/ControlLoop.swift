import Flume
import FlumeRedis
import FlumeStore
import Logging
import NIOCore
import Synchronization

/// Looks twice a second at what is paused, and carries out what other processes tell this one to do.
actor ControlLoop {
    /// A permanent pause is to be seen everywhere within a second.
    private static let interval = Duration.milliseconds(500)

    private let desk: ControlDesk
    private let logger: Logger
    private let bell: Bell
    private let isStopped = Atomic(false)
    /// Whether the loop moves.
    nonisolated let pulse = Pulse("control")
    private let executor: any SerialExecutor
    private var outage: Outage

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ desk: ControlDesk, on eventLoop: any EventLoop, logger: Logger) {
        self.desk = desk
        self.logger = logger
        self.bell = Bell(on: eventLoop)
        self.executor = eventLoop.executor
        self.outage = Outage("learn what is paused", logger: logger, events: desk.events)
    }

    /// Looks until it is stopped.
    func run() async {
        var answers: [ControlAnswer] = []
        while !isStopped.load(ordering: .acquiring) {
            pulse.move()
            do throws(RedisError) {
                let commands = try await desk.refresh(answers: answers)
                outage.end()
                answers = []
                for command in commands { answers.append(await answer(to: command)) }
                // Whoever sent them waits to hear of it.
                if answers.isEmpty { await pulse.rest(on: bell, atMost: Self.interval) }
            } catch {
                // The answers are told again: whether they were heard is not known.
                outage.begin(error)
                await pulse.rest(on: bell, atMost: min(Self.interval, outage.pause))
            }
        }
        pulse.end()
    }

    /// Ends ``run()``.
    nonisolated func stop() {
        isStopped.store(true, ordering: .releasing)
        bell.ring()
    }

    /// Carries out a command.
    private func answer(to bytes: [UInt8]) async -> ControlAnswer {
        var id = ""
        do {
            pulse.move()
            let command = try ControlCommand(json: bytes)
            id = command.id
            try await carryOut(command)
            return ControlAnswer(command: bytes, id: id, text: ControlAnswer.done)
        } catch {
            let unreadable = error as? ControlCommand.Unreadable
            let reason = unreadable?.reason ?? "\(error)"
            logger.warning(
                "a command from another process was not carried out",
                metadata: [
                    LogKeys.reason: "\(reason)",
                    LogKeys.command: "\(String(decoding: bytes.prefix(200), as: UTF8.self))",
                ])
            return ControlAnswer(command: bytes, id: unreadable?.id ?? id, text: reason)
        }
    }

    private func carryOut(_ command: ControlCommand) async throws {
        switch command.verb {
        case .pausePipeline: _ = try await desk.pause(.pipeline(command.name), permanently: false, waiting: nil)
        case .pauseQueue: _ = try await desk.pause(.queue(command.name), permanently: false, waiting: nil)
        case .pauseAll: _ = try await desk.pause(.all, permanently: false, waiting: nil)
        case .resumePipeline: try await desk.resume(.pipeline(command.name), permanently: false)
        case .resumeQueue: try await desk.resume(.queue(command.name), permanently: false)
        case .resumeAll: try await desk.resume(.all, permanently: false)
        case .subscribe: try await desk.subscribe(to: command.name, concurrency: command.concurrency ?? 0)
        case .unsubscribe: try await desk.unsubscribe(from: command.name)
        case .unsubscribeAll: await desk.unsubscribeAll()
        case .cancel: try await desk.cancel(jid: command.name)
        }
    }
}
