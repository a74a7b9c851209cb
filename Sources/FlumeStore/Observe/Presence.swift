/// What a process tells the Web UI about itself at each beat.
package struct Presence: Sendable {
    package var identity: String
    /// The hash under its identity, field by field.
    package var fields: [(name: String, value: [UInt8])]
    /// Its running jobs: Sidekiq's thread id, and the work record as JSON.
    package var work: [(id: String, record: [UInt8])]

    package init(identity: String, fields: [(name: String, value: [UInt8])], work: [(id: String, record: [UInt8])]) {
        self.identity = identity
        self.fields = fields
        self.work = work
    }
}
