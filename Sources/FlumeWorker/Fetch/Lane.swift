import NIOCore

/// A pipeline at work: what its fetcher, its jobs and whoever steers it share.
final class Lane: Sendable {
    /// What it was set up to be.
    let pipeline: Pipeline
    /// Its free places.
    let slots: Slots
    /// Wakes its fetcher.
    let bell: Bell
    /// Its limits; `nil` where there are none.
    let admission: Admission?

    /// `admission` makes what asks the limits, given the bell that wakes the fetcher.
    init(_ pipeline: Pipeline, on eventLoop: any EventLoop, admission: (Bell) -> Admission? = { _ in nil }) {
        self.pipeline = pipeline
        bell = Bell(on: eventLoop)
        slots = Slots(pipeline.concurrency, bell: bell)
        self.admission = admission(bell)
    }
}
