# The producer of scripts/demo: a Ruby application that hands its jobs to a Swift worker.

require_relative "stack"

Stack.parse("Usage: demo.rb [--redis URL]") {}

# No `perform` anywhere: the code is in Sources/flume-demo.
class WelcomeEmail; include Sidekiq::Job; end
class FlakyJob;     include Sidekiq::Job; end
class ReminderJob;  include Sidekiq::Job; end
class DoomedJob;    include Sidekiq::Job; end
class Newsletter;   include Sidekiq::Job; sidekiq_options queue: "newsletters"; end
class AuditEntry;   include Sidekiq::Job; sidekiq_options queue: "audit"; end

20.times { |user_id| WelcomeEmail.perform_async(user_id, "welcome") }
FlakyJob.perform_async("invoice-7")
ReminderJob.perform_in(2, "stand up and stretch")
DoomedJob.set("retry" => 0).perform_async

300.times { |user_id| Newsletter.perform_async(user_id) }
95.times { |number| AuditEntry.perform_async("entry #{number}") }

puts "Ruby Sidekiq #{Sidekiq::VERSION} enqueued 20 WelcomeEmail, a FlakyJob, a DoomedJob, a ReminderJob for in 2 s,"
puts "300 Newsletter and 95 AuditEntry"
