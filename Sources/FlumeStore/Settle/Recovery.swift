/// How a job comes out of a dead process's hands, by how often that has happened to it.
///
/// The first times it goes to the front of its queue. One that was there at all deaths but the last that it may have is a
/// suspect; so are its neighbours, and if they went back together they would be in flight together again when the culprit
/// kills the next process. So each suspect runs at a time of its own. At the limit it goes to `dead`.
package struct Recovery: Sendable {
    /// The queue it was taken from.
    package var queue: String
    /// The bytes as they were in flight.
    package var payload: [UInt8]
    /// The name its recoveries are counted under.
    package var jid: String
    /// How many recoveries it may not reach; more than usual while it is one suspect among several.
    package var limit: Int
    /// What goes to `dead` at the limit.
    package var obituary: [UInt8]
    /// In how many seconds a suspect runs.
    package var delay: Double
    /// What goes to `schedule` then.
    package var delayed: [UInt8]

    package init(
        queue: String, payload: [UInt8], jid: String, limit: Int, obituary: [UInt8], delay: Double, delayed: [UInt8]
    ) {
        self.queue = queue
        self.payload = payload
        self.jid = jid
        self.limit = limit
        self.obituary = obituary
        self.delay = delay
        self.delayed = delayed
    }
}
