# The producer of scripts/demo: a Ruby application that hands its jobs to a Swift worker.

require_relative "stack"

Stack.parse("Usage: demo.rb [--redis URL]") {}

# No `perform` anywhere: the code is in Sources/flume-demo.
class WelcomeEmail; include Sidekiq::Job; end
class FlakyJob;     include Sidekiq::Job; end
class ReminderJob;  include Sidekiq::Job; end
class DoomedJob;    include Sidekiq::Job; end

20.times { |user_id| WelcomeEmail.perform_async(user_id, "welcome") }
FlakyJob.perform_async("invoice-7")
ReminderJob.perform_in(2, "stand up and stretch")
DoomedJob.set("retry" => 0).perform_async

puts "Ruby Sidekiq #{Sidekiq::VERSION} enqueued 20 WelcomeEmail, a FlakyJob, a DoomedJob, and a ReminderJob for in 2 s"
