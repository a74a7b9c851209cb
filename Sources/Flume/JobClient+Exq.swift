extension JobClient {
    /// The same client, for queues whose jobs a node of Exq may run too.
    ///
    /// Exq moves jobs that are due to their queue as they are and does not write `enqueued_at`, without which its telemetry
    /// cannot run them: they would be in flight there for ever. So jobs for later get it here: the time they are due, as Exq
    /// itself writes it. Leave `timestampUnit` at seconds then, too: Exq reads no
    /// milliseconds.
    public func sharingWithExq() -> JobClient {
        var client = self
        client.sharesWithExq = true
        return client
    }
}
