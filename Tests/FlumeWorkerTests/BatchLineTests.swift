import Flume
import TestSupport
import Testing

@testable import FlumeWorker

@Suite("Which jobs share a batch, and which batch is next")
struct BatchLineTests {
    private typealias Line = BatchLine<Int>

    private let mail = Line.Key(jobClass: "Mail")
    private let push = Line.Key(jobClass: "Push")

    // Inside #expect nothing may be changed but what is passed with an ampersand.
    private func add(_ job: Int, to key: Line.Key, _ line: inout Line) -> Int? { line.add(job, to: key) }
    private func next(_ line: inout Line) -> Line.Unit? { line.takeNext() }
    private func relieve(_ line: inout Line) -> Bool { line.relieve() }
    private func removeAll(_ line: inout Line) -> [Int] { line.removeAll() }

    @Test("a batch that is full goes in line, and the next job of its class begins another")
    func full() {
        var line = Line(size: 2, concurrency: 5)
        #expect(add(1, to: mail, &line) != nil)
        #expect(next(&line) == nil)
        #expect(add(2, to: mail, &line) == nil)
        let id = line.add(3, to: mail)
        let first = line.takeNext()
        #expect(first?.members == [1, 2] && first?.reason == .size)
        #expect(id != nil && id != first?.id)
        #expect(next(&line) == nil)
    }

    @Test("with a size of 1 nothing waits")
    func sizeOne() {
        var line = Line(size: 1, concurrency: 5)
        #expect(add(1, to: mail, &line) == nil)
        #expect(next(&line)?.members == [1])
    }

    @Test("a batch whose time is up grows until there is a place for it")
    func overdue() throws {
        var line = Line(size: 3, concurrency: 1)
        line.add(alone: 0)
        #expect(next(&line)?.members == [0])
        let id = try #require(add(1, to: mail, &line))
        line.timeIsUp(for: id)
        #expect(next(&line) == nil)
        #expect(add(2, to: mail, &line) == nil)
        line.ended()
        let batch = line.takeNext()
        #expect(batch?.members == [1, 2] && batch?.reason == .timeout)
        line.timeIsUp(for: id)
        line.ended()
        #expect(next(&line) == nil)
        #expect(add(3, to: mail, &line) != nil)
    }

    @Test("a batch that became full while it waited for a place is handed over once, for its size")
    func overdueAndFull() throws {
        var line = Line(size: 2, concurrency: 1)
        let id = try #require(add(1, to: mail, &line))
        line.timeIsUp(for: id)
        #expect(add(2, to: mail, &line) == nil)
        let batch = line.takeNext()
        #expect(batch?.members == [1, 2] && batch?.reason == .size)
        line.ended()
        #expect(next(&line) == nil)
    }

    @Test("without room for more the largest batch goes first, of equals the oldest, and only into a free place")
    func pressure() {
        var line = Line(size: 3, concurrency: 1)
        for (job, key) in [(1, mail), (2, push), (3, push), (4, mail)] { _ = line.add(job, to: key) }
        _ = line.add(5, to: .init(jobClass: "Mail", group: "other"))
        #expect(relieve(&line))
        #expect(!relieve(&line))
        let batch = line.takeNext()
        #expect(batch?.members == [1, 4] && batch?.reason == .pressure)
        #expect(!relieve(&line))
        line.ended()
        #expect(relieve(&line))
        #expect(next(&line)?.members == [2, 3])
    }

    @Test("what is flushed runs in order of arrival; what is removed never does")
    func flushAndRemove() {
        var line = Line(size: 3, concurrency: 2)
        for (job, key) in [(1, mail), (2, push), (3, mail)] { _ = line.add(job, to: key) }
        line.flush()
        let first = line.takeNext()
        #expect(first?.members == [1, 3] && first?.reason == .shutdown)
        line.add(alone: 4)
        _ = line.add(5, to: mail)
        #expect(removeAll(&line).sorted() == [2, 4, 5])
        #expect(next(&line) == nil)
    }

    @Test("whatever happens in whatever order, each job runs once, with its own kind, in order, and not too many")
    func anyOrder() {
        var generator = SeededGenerator.printed()
        for _ in 0..<200 {
            let size = Int.random(in: 1...5, using: &generator)
            let concurrency = Int.random(in: 1...3, using: &generator)
            var line = Line(size: size, concurrency: concurrency)
            var timers: [Int] = []
            var keys: [Int: Line.Key?] = [:]
            var ran: [Int] = []
            var running = 0
            func run(_ unit: Line.Unit) {
                running += 1
                #expect(running <= concurrency)
                #expect(unit.members.count <= (unit.key == nil ? 1 : size))
                #expect(unit.members == unit.members.sorted())
                #expect(unit.members.allSatisfy { keys[$0] == unit.key })
                ran += unit.members
            }
            for job in 0..<60 {
                let key = [mail, push, Line.Key(jobClass: "Mail", group: "b"), nil].randomElement(using: &generator)
                keys[job] = key ?? nil
                if let key = key ?? nil {
                    if let timer = line.add(job, to: key) { timers.append(timer) }
                } else {
                    line.add(alone: job)
                }
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: while let unit = line.takeNext() { run(unit) }
                case 1: if let timer = timers.randomElement(using: &generator) { line.timeIsUp(for: timer) }
                case 2: _ = line.relieve()
                default:
                    for _ in 0..<running { line.ended() }
                    running = 0
                }
            }
            line.flush()
            repeat {
                for _ in 0..<running { line.ended() }
                running = 0
                while let unit = line.takeNext() { run(unit) }
            } while running > 0
            #expect(ran.sorted() == Array(0..<60))
        }
    }
}
