import FlumeWire

/// What one process can tell another one to do: an element of `flume:commands:<identity>`, an object in JSON.
package struct ControlCommand: Sendable, Hashable {
    /// What is to be done.
    package enum Verb: String, Sendable, Hashable, CaseIterable {
        case pausePipeline = "pause_pipeline"
        case resumePipeline = "resume_pipeline"
        case pauseQueue = "pause_queue"
        case resumeQueue = "resume_queue"
        case pauseAll = "pause_all"
        case resumeAll = "resume_all"
        case subscribe
        case unsubscribe
        case unsubscribeAll = "unsubscribe_all"
        case cancel

        /// Whether the command is about everything there is and has no name.
        var isForAll: Bool {
            switch self {
            case .pauseAll, .resumeAll, .unsubscribeAll: true
            case .pausePipeline, .resumePipeline, .pauseQueue, .resumeQueue, .subscribe, .unsubscribe, .cancel: false
            }
        }
    }

    /// Tells the answer to one command from the next one's, and one sender's commands from the same by another.
    package var id: String
    /// What is to be done.
    package var verb: Verb
    /// The pipeline, queue or jid; empty for a verb that is about all.
    package var name: String
    /// For ``Verb/subscribe``: how many jobs run at a time.
    package var concurrency: Int?

    package init(id: String, verb: Verb, name: String = "", concurrency: Int? = nil) {
        self.id = id
        self.verb = verb
        self.name = name
        self.concurrency = concurrency
    }

    /// Reads a command that somebody sent.
    ///
    /// - Throws: a sentence that says what is wrong with it.
    package init(json: [UInt8]) throws(Unreadable) {
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try JSONValue(parsing: json)
        } catch {
            throw Unreadable(id: "", reason: "it is not JSON: \(error)")
        }
        let id = value["id"]?.string ?? ""
        guard value.object != nil else { throw Unreadable(id: id, reason: "it is no object") }
        guard let word = value["do"]?.string else { throw Unreadable(id: id, reason: "it does not say what to do") }
        guard let verb = Verb(rawValue: word) else { throw Unreadable(id: id, reason: "nobody knows how to \(word)") }
        let name = value["name"]?.string ?? ""
        guard verb.isForAll || !name.isEmpty else { throw Unreadable(id: id, reason: "\(word) needs a name") }
        let concurrency = value["concurrency"]?.int
        guard verb != .subscribe || concurrency != nil else {
            throw Unreadable(id: id, reason: "subscribe needs a concurrency")
        }
        self.init(id: id, verb: verb, name: name, concurrency: concurrency)
    }

    /// The form it is sent in.
    package var json: [UInt8] {
        var object: JSONObject = ["id": .string(id), "do": .string(verb.rawValue)]
        if !name.isEmpty { object["name"] = .string(name) }
        if let concurrency { object["concurrency"] = .int(concurrency) }
        return JSONValue.object(object).json
    }

    /// Why a command cannot be carried out.
    package struct Unreadable: Error, Sendable, Hashable {
        /// Its id, as far as it could be read.
        package var id: String
        /// What is wrong with it.
        package var reason: String
    }
}
