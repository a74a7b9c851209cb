import NIOCore

/// A pipeline at work: what its fetcher, its jobs and whoever steers it share.
final class Lane: Sendable {
    /// What it was set up to be.
    let pipeline: Pipeline
    /// Its free places.
    let slots: Slots
    /// Wakes its fetcher.
    let bell: Bell

    init(_ pipeline: Pipeline, on eventLoop: any EventLoop) {
        self.pipeline = pipeline
        bell = Bell(on: eventLoop)
        slots = Slots(pipeline.room, bell: bell)
    }
}
