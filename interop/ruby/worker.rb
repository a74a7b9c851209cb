# A Sidekiq worker with the same command line and the same classes as Flume's interop-worker, so
# that a test can put either of them on a queue.
#
#   ruby worker.rb --redis redis://127.0.0.1:6379/0 --queues a:3,b:1 --concurrency 5

require_relative "stack"

options = Stack.parse("Usage: worker.rb [options]") do |o, values|
  values.update(queues: "default", concurrency: 5, timeout: 25, log_level: "info")
  o.on("--queues LIST", "a,b (strict) or a:3,b:1 (weighted)") { |v| values[:queues] = v }
  o.on("--concurrency N", Integer, "(5)") { |v| values[:concurrency] = v }
  o.on("--shutdown-timeout S", Integer, "(25)") { |v| values[:timeout] = v }
  o.on("--log-level L", "debug, info, warn, error (info)") { |v| values[:log_level] = v }
  o.on("--routes WHERE", "flume_router.rb with a file of routes, or redis") { |v| values[:routes] = v }
  o.on("--identity-file PATH", "gets the process's identity once it is ready") { |v| values[:identity_file] = v }
end

# Ruby's `perform` is not told its queue.
class QueueName
  def call(job, _payload, queue)
    job.instance_variable_set(:@queue, queue)
    yield
  end
end

module Interop
  def rpush(list, value)
    Sidekiq.redis { |redis| redis.rpush(list, value) }
  end

  def echo(args)
    rpush "interop:echo", JSON.generate("jid" => jid, "queue" => @queue, "args" => args)
  end
end

class EchoJob
  include Sidekiq::Job
  include Interop

  def perform(*args)
    echo(args)
  end
end

class NoopJob
  include Sidekiq::Job

  def perform(*)
  end
end

class SleepJob
  include Sidekiq::Job
  include Interop

  def perform(seconds)
    rpush "interop:started", jid
    sleep seconds
    rpush "interop:finished", jid
  end
end

class FailJob
  include Sidekiq::Job

  def perform(message)
    raise message
  end
end

# Fails n times, whoever runs it, then echoes.
class FailTimesJob
  include Sidekiq::Job
  include Interop

  def perform(key, times)
    run = Sidekiq.redis { |redis| redis.incr("interop:runs:#{key}") }
    raise "failure #{run} of #{times}" if run <= times
    echo([key, times])
  end
end

begin
  require_relative "active_jobs"
rescue LoadError
  # RailsEchoJob and RailsRetryJob are there where ActiveJob is.
end

require "sidekiq/cli"

Stack.route(options[:routes]) if options[:routes]
Current.hand_on if defined?(Current)

Sidekiq.configure_server do |config|
  config.server_middleware { |chain| chain.add QueueName }
  config.logger.level = Logger.const_get(options[:log_level].upcase)
  config.on(:startup) do
    if (path = options[:identity_file])
      File.write("#{path}.new", Stack.options[:identity])
      File.rename("#{path}.new", path)
    end
  end
end
# Due retries and scheduled jobs are looked for each second: tests wait for them.
Stack.options[:poll_interval_average] = 1

queues = options[:queues].split(",").flat_map { |queue| ["-q", queue.sub(/:(\d+)\z/, ',\1')] }
cli = Sidekiq::CLI.instance
cli.parse(["-r", __FILE__, "-c", options[:concurrency].to_s, "-t", options[:timeout].to_s, *queues])
cli.run(boot_app: false)
