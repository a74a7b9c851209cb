import NIOCore

/// Lets a task continue on an event loop where it would otherwise pass through Swift's cooperative pool.
///
/// The runtime resumes every continuation on the generic executor first and only then switches to the actor's own:
/// an actor on the event loop that awaits a reply would need a free thread of the pool (seen with Swift 6.3.1). A task
/// executor takes the place of the generic one.
final class EventLoopTaskExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // `unsafe`: this object is kept by the client and by every task that prefers it.
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
