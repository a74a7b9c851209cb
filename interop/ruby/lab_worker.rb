# The fault lab's worker with real Sidekiq: the same classes, command line and ledger as
# `fault-lab worker`, so that the same scenarios grade it.

require_relative "stack"
require_relative "lab_ledger"

options = Stack.parse("Usage: lab_worker.rb [options]") do |o, values|
  values.update(queues: "default", concurrency: 5, timeout: 25)
  o.on("--ledger FILE", "gets begin and end of each run") { |v| values[:ledger] = v }
  o.on("--nonce NAME", "the name of this process in the ledger") { |v| values[:nonce] = v }
  o.on("--queues LIST", "a,b (strict)") { |v| values[:queues] = v }
  o.on("--concurrency N", Integer, "(5)") { |v| values[:concurrency] = v }
  o.on("--shutdown-timeout S", Float, "(25)") { |v| values[:timeout] = v.ceil }
  o.on("--identity-file PATH", "gets the process's identity once it is ready") { |v| values[:identity_file] = v }
end

# Each run is written down before and after its effect.
class RunRecorder
  def initialize(ledger, nonce)
    @ledger, @nonce = ledger, nonce
    @lock = Mutex.new
    @runs = 0
  end

  def call(_job, payload, _queue)
    run = "#{@nonce}##{@lock.synchronize { @runs += 1 }}"
    attempt = payload.key?("retry_count") ? payload["retry_count"] + 2 : 1
    # Sidekiq has read the payload and kept no bytes: there are none to compare.
    @ledger.line("begin", payload["jid"], run, attempt, 0, "")
    ended = "cancel"
    begin
      yield
      ended = "end"
    rescue LabFailure
      ended = "fail"
      raise
    ensure
      @ledger.line(ended, payload["jid"], run)
    end
  end
end

class LabFailure < StandardError
end

class LabQuick
  include Sidekiq::Job

  def perform
  end
end

class LabSleep
  include Sidekiq::Job

  def perform(seconds)
    sleep seconds
  end
end

# What Sidekiq tells a job about itself is its jid only: how often it failed is counted in Redis.
class LabFail
  include Sidekiq::Job
  sidekiq_retry_in { 1 }

  def perform(times)
    run = Sidekiq.redis { |redis| redis.incr("lab:runs:#{jid}") }
    raise LabFailure, "failure #{run} of #{times}" if run <= times
  end
end

# A busy thread; Ruby has one at a time.
class LabSpin
  include Sidekiq::Job

  def perform(seconds)
    finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    nil while Process.clock_gettime(Process::CLOCK_MONOTONIC) < finish
  end
end

# Ruby's threads are killed at the end of a shutdown: nothing ignores that but a process that hangs.
class LabStubborn < LabSleep
end

class LabBlock < LabSleep
end

# No exception that could be rescued: the process is gone, as by a fault in a C extension.
class LabCrash
  include Sidekiq::Job

  def perform(_how)
    Process.kill("SEGV", Process.pid)
    sleep 1
  end
end

# A class that only Ruby has, for mixed fleets.
class RubyOnly < LabQuick
end

require "sidekiq/cli"

Sidekiq.configure_server do |config|
  config.server_middleware do |chain|
    chain.add RunRecorder, LabLedger.new(options[:ledger]), options[:nonce]
  end
  config.on(:startup) do
    if (path = options[:identity_file])
      File.write("#{path}.new", Stack.options[:identity])
      File.rename("#{path}.new", path)
    end
  end
end
Stack.options[:poll_interval_average] = 1

queues = options[:queues].split(",").flat_map { |queue| ["-q", queue] }
cli = Sidekiq::CLI.instance
cli.parse(["-r", __FILE__, "-c", options[:concurrency].to_s, "-t", options[:timeout].to_s, *queues])
cli.run(boot_app: false)
