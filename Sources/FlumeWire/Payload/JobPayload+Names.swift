extension JobPayload {
    /// The classes of ActiveJob's envelope: of Rails with Sidekiq up to 7, and of Sidekiq 8.
    package static let activeJobWrappers: Set<String> = [
        "ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper", "Sidekiq::ActiveJob::Wrapper",
    ]

    /// The name to route, log and meter by: `wrapped`, else the class inside an ActiveJob envelope, else `class`.
    public var handlerName: String? {
        if let wrapped { return wrapped }
        guard let jobClass else { return nil }
        guard Self.activeJobWrappers.contains(jobClass) else { return jobClass }
        return self["args"]?.array?.first?["job_class"]?.string ?? jobClass
    }

    /// The name to show, as Sidekiq's Web UI chooses it.
    ///
    /// `display_class` if present; for ActiveJob the wrapped class, for ActionMailer `Mailer#method`; else `class`.
    public var displayName: String? {
        if let shown = string(.displayClass) { return shown }
        guard let jobClass, Self.activeJobWrappers.contains(jobClass), let name = handlerName else { return jobClass }
        guard name == "ActionMailer::DeliveryJob" || name == "ActionMailer::MailDeliveryJob",
            let call = self["args"]?.array?.first?["arguments"]?.array, call.count >= 2,
            let mailer = call[0].string, let method = call[1].string
        else { return name }
        return "\(mailer)#\(method)"
    }
}
