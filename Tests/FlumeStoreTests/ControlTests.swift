import FlumeRedis
import FlumeStore
import FlumeWire
import TestSupport
import Testing

@Suite("Control")
struct ControlTests {
    @Test("a process hears what is paused and what it is told, until it says that it has done it")
    func commands() async throws {
        try await withStore { fixture in
            let (store, probe) = (fixture.store, fixture.probe)
            let tenure = try await fixture.tenure("host:1:abc")
            let first = ControlCommand(id: "1", verb: .subscribe, name: "q", concurrency: 3)
            let second = ControlCommand(id: "2", verb: .unsubscribeAll)
            #expect(try await store.tell(tenure.identity, first))
            #expect(try await store.tell(tenure.identity, second))
            try await store.pause(pipeline: "p")
            try await store.pause(pipeline: KeySpace.everyPipeline)
            try await store.pause(queue: "q")
            #expect(try await probe.set("paused") == ["q"])
            #expect((1...60).contains(try await probe.number("TTL", "flume:commands:host:1:abc")))

            for _ in 0..<2 {
                // Asked again after a lost reply, it hears the same.
                let reply = try await store.control(identity: tenure.identity)
                #expect(
                    reply
                        == ControlReply(
                            pipelines: ["p", ""], queues: ["q"], commands: [first.json, second.json]))
            }
            #expect(try await store.answer(to: first, by: tenure.identity) == nil)
            let answers = [ControlAnswer(command: first.json, id: "1", text: "no")]
            for _ in 0..<2 {
                let reply = try await store.control(identity: tenure.identity, answers: answers)
                #expect(reply.commands == [second.json])
            }
            #expect(try await store.answer(to: first, by: tenure.identity) == "no")
            #expect(try await store.answer(to: second, by: tenure.identity) == nil)
            #expect(try await store.takeBack(second, from: tenure.identity))
            #expect(try await store.control(identity: tenure.identity).commands.isEmpty)

            try await store.resume(pipeline: "p")
            try await store.resume(queue: "q")
            #expect(try await probe.set("flume:paused") == [""])
            try await store.pause(pipeline: "p")
            try await store.resume(pipeline: KeySpace.everyPipeline)
            #expect(try await probe.set("flume:paused").isEmpty)
        }
    }

    @Test("nothing is written for a process that is dead, buried or was never there")
    func nobody() async throws {
        try await withStore { fixture in
            let command = ControlCommand(id: "1", verb: .pauseAll)
            try await fixture.probe.send("SET", "flume:lease:host:2:b", "buried")
            for identity in ["host:1:a", "host:2:b"] {
                #expect(try await !fixture.store.tell(identity, command))
                #expect(try await fixture.probe.list("flume:commands:\(identity)").isEmpty)
            }
        }
    }

    @Test("pausing, telling and answering work while Redis is out of memory")
    func outOfMemory() async throws {
        try await withFullServer { fixture, fill in
            let tenure = try await fixture.tenure()
            try await fill()
            try await fixture.store.pause(pipeline: "p")
            try await fixture.store.pause(queue: "q")
            let command = ControlCommand(id: "1", verb: .pausePipeline, name: "p")
            #expect(try await fixture.store.tell(tenure.identity, command))
            let reply = try await fixture.store.control(
                identity: tenure.identity, answers: [ControlAnswer(command: command.json, id: "1", text: "done")])
            #expect(reply == ControlReply(pipelines: ["p"], queues: ["q"], commands: []))
            #expect(try await fixture.store.answer(to: command, by: tenure.identity) == "done")
        }
    }

    @Test(
        "a command that is none says what is wrong with it",
        arguments: [
            ("", "it is not JSON"), ("[]", "it is no object"), ("{}", "it does not say what to do"),
            (#"{"do":7}"#, "it does not say what to do"), (#"{"do":"dance"}"#, "nobody knows how to dance"),
            (#"{"do":"subscribe","concurrency":1}"#, "subscribe needs a name"),
            (#"{"do":"subscribe","name":"q"}"#, "subscribe needs a concurrency"),
            (#"{"do":"pause_queue","name":""}"#, "pause_queue needs a name"),
        ])
    func unreadable(text: String, reason: String) {
        let error = #expect(throws: ControlCommand.Unreadable.self) { try ControlCommand(json: bytes(text)) }
        #expect(error?.reason.hasPrefix(reason) == true, "\(String(describing: error))")
    }

    @Test("every command reads back as it was written", arguments: ControlCommand.Verb.allCases)
    func roundTrip(verb: ControlCommand.Verb) throws {
        let command = ControlCommand(id: "x", verb: verb, name: "ü \"q\"", concurrency: 7)
        #expect(try ControlCommand(json: command.json) == command)
    }
}
