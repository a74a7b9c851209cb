/// What a process hears when it asks what it is to do.
package struct ControlReply: Sendable, Hashable {
    /// The members of `flume:paused`; ``KeySpace/everyPipeline`` among them stands for all.
    package var pipelines: Set<String>
    /// The members of Sidekiq's `paused`.
    package var queues: Set<String>
    /// Commands as they were sent, oldest first.
    package var commands: [[UInt8]]

    package init(pipelines: Set<String>, queues: Set<String>, commands: [[UInt8]]) {
        self.pipelines = pipelines
        self.queues = queues
        self.commands = commands
    }
}

/// A command that was carried out, or could not be, and what its sender is told.
package struct ControlAnswer: Sendable, Hashable {
    /// What says that all went well.
    package static let done = "done"

    /// The command as it was sent.
    package var command: [UInt8]
    /// Its ``ControlCommand/id``; empty when it could not be read.
    package var id: String
    /// ``done``, or a sentence that says why not.
    package var text: String

    package init(command: [UInt8], id: String, text: String) {
        self.command = command
        self.id = id
        self.text = text
    }
}
