# Measures Ruby Sidekiq the way flume-load measures Flume: same options, same keys in the output,
# so that scripts/bench can alternate the two on one Redis.
#
#   drain    fills a queue with --jobs no-op jobs, then times a worker of --concurrency emptying it
#   enqueue  times --jobs pushes, one by one on one connection, or --bulk N at a time, or from
#            --producers threads
#   latency  times enqueue to start of --jobs jobs on an idle queue; the producer is another process
#   stamps   enqueues for it, and ends
#   scheduled  times how late --jobs jobs start that are scheduled, twenty a second; with the poll
#            interval that Sidekiq has by default
#   due      times the poller's move of --jobs due jobs out of `schedule`, not that they run
#   in-flight  how much memory --jobs jobs take that all run at the same time, each on its thread
#
# Everything runs as Sidekiq's own `sidekiq` command would, at log level warn.

require_relative "stack"

class NoopJob
  include Sidekiq::Job

  def perform(*)
  end
end

class TypedJob
  include Sidekiq::Job

  def perform(user_id, template, ratio, urgent, tags)
  end
end

# Every tenth fails.
class FailingJob
  include Sidekiq::Job
  RUNS = Queue.new
  10.times { |number| RUNS << number }

  def perform(*)
    number = RUNS.pop
    RUNS << number
    raise "every tenth fails" if number == 0
  end
end

class DyingJob
  include Sidekiq::Job
  sidekiq_options("retry" => 0)

  def perform(*)
    raise "all fail"
  end
end

TYPED = [42, "welcome", 1.5, true, %w[a b c]].freeze
JOB_CLASSES = {"noop" => NoopJob, "typed" => TypedJob, "failing" => FailingJob, "dying" => DyingJob}.freeze

# Its argument is when it was enqueued, by the clock that all processes of a machine share.
class StampJob
  include Sidekiq::Job
  LATENCIES = Queue.new

  def self.now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def perform(stamp = nil)
    LATENCIES << self.class.now - stamp if stamp
  end
end

# Runs until the process ends.
class HoldJob
  include Sidekiq::Job
  STARTED = Queue.new

  def perform
    STARTED << true
    sleep
  end
end

# Its argument is when it is due.
class DueJob
  include Sidekiq::Job
  LATENESS = Queue.new

  def perform(due)
    LATENESS << Time.now.to_f - due
  end
end

options = Stack.parse("Usage: load.rb --mode drain|enqueue|latency|stamps|scheduled|due|in-flight [options]") do |o, values|
  values.update(
    mode: "drain", jobs: 10_000, concurrency: 10, queue: "load", producers: 1, bulk: 1, queues: 1, payload: 0,
    workload: "noop"
  )
  o.on("--mode MODE", %w[drain enqueue latency stamps scheduled due in-flight]) { |v| values[:mode] = v }
  o.on("--jobs N", Integer) { |v| values[:jobs] = v }
  o.on("--concurrency N", Integer) { |v| values[:concurrency] = v }
  o.on("--queue NAME") { |v| values[:queue] = v }
  o.on("--queues N", Integer, "spread over so many queues") { |v| values[:queues] = v }
  o.on("--payload N", Integer, "bytes of text in each job's arguments") { |v| values[:payload] = v }
  o.on("--workload NAME", JOB_CLASSES.keys + ["active-job"], "what the jobs are") { |v| values[:workload] = v }
  o.on("--dead-maximum N", Integer, "so many jobs may be in the dead set") { |v| values[:dead_maximum] = v }
  o.on("--producers N", Integer, "threads that enqueue") { |v| values[:producers] = v }
  o.on("--bulk N", Integer, "jobs per push_bulk; 1: perform_async") { |v| values[:bulk] = v }
end
JOBS, CONCURRENCY, QUEUE = options.values_at(:jobs, :concurrency, :queue)
QUEUES = options[:queues] > 1 ? (1..options[:queues]).map { |n| "#{QUEUE}-#{n}" } : [QUEUE]
WORKLOAD = options[:workload]
ARGUMENTS =
  if WORKLOAD == "typed"
    TYPED
  else
    options[:payload] > 0 ? ["x" * options[:payload]] : []
  end
[*JOB_CLASSES.values, StampJob, DueJob, HoldJob].each { |job| job.sidekiq_options("queue" => QUEUE) }
# What they would say of each failure is not what is measured, here or in Flume.
Sidekiq.logger.level = Logger::FATAL if %w[failing dying].include?(WORKLOAD)

if WORKLOAD == "active-job"
  require "active_job"
  ActiveJob::Base.queue_adapter = :sidekiq
  ActiveJob::Base.logger = nil

  class TypedActiveJob < ActiveJob::Base
    def perform(user_id, template, ratio, urgent, tags)
    end
  end
end

def report(figures)
  figures.each { |key, value| puts "#{key}: #{value.is_a?(Float) ? value.round(3) : value}" }
end

def clock
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def cpu_seconds
  Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID)
end

def redis_info
  Sidekiq.redis { |redis| redis.info }
end

def redis_cpu_seconds(info)
  info["used_cpu_sys"].to_f + info["used_cpu_user"].to_f
end

def push_bulk(count, size, at: nil)
  items =
    if WORKLOAD == "active-job"
      {"class" => ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper, "wrapped" => "TypedActiveJob"}
    else
      {"class" => JOB_CLASSES.fetch(WORKLOAD)}
    end
  items["at"] = at if at
  QUEUES.each_with_index do |queue, index|
    left = count / QUEUES.size + (index < count % QUEUES.size ? 1 : 0)
    while left > 0
      slice = [left, size].min
      args = Array.new(slice) { WORKLOAD == "active-job" ? [TypedActiveJob.new(*TYPED).serialize] : ARGUMENTS }
      Sidekiq::Client.push_bulk(items.merge("queue" => queue, "args" => args))
      left -= slice
    end
  end
end

# What `sidekiq -c CONCURRENCY -q QUEUE` would run, in this process; `run` starts it. To be called
# before anything talks to Redis, for it decides how many connections there are.
def make_worker
  require "sidekiq/cli"
  cli = Sidekiq::CLI.instance
  cli.parse(["-r", __FILE__, "-c", CONCURRENCY.to_s, *QUEUES.flat_map { |queue| ["-q", queue] }, "-e", "production"])
  Stack.options[:identity] = cli.identity
  Sidekiq::Launcher.new(Stack.options)
end

def running_jobs
  (defined?(Sidekiq::Processor::WORK_STATE) ? Sidekiq::Processor::WORK_STATE : Sidekiq::Processor::WORKER_STATE).size
end

def pending_jobs
  Sidekiq.redis { |redis| QUEUES.sum { |queue| redis.llen("queue:#{queue}") } } + running_jobs
end

# Between a pop and its entry among the running jobs a job is nowhere: look twice.
def wait_until_drained
  loop do
    sleep 0.01
    next if pending_jobs > 0
    finished = clock
    sleep 0.01
    return finished if pending_jobs == 0
  end
end

def drain(dead_maximum)
  worker = make_worker
  Stack.options[:dead_max_jobs] = dead_maximum if dead_maximum
  push_bulk(JOBS, 1_000)
  before = redis_info
  cpu, started = cpu_seconds, clock
  worker.run
  seconds = wait_until_drained - started
  cpu, after = cpu_seconds - cpu, redis_info

  commands = (after["total_commands_processed"].to_i - before["total_commands_processed"].to_i) / JOBS.to_f
  # What no heartbeat has written yet would be written at exit; one that is writing just now has a moment.
  processed = Sidekiq::Processor::PROCESSED.reset
  10.times { Sidekiq::Stats.new.processed + processed < JOBS and sleep 0.05 }
  processed += Sidekiq::Stats.new.processed
  abort "load.rb: #{processed} of #{JOBS} jobs were processed" if processed != JOBS
  report(
    jobs_per_s: (JOBS / seconds).round,
    worker_cpu_us_per_job: cpu * 1e6 / JOBS,
    redis_cpu_us_per_job: (redis_cpu_seconds(after) - redis_cpu_seconds(before)) * 1e6 / JOBS,
    commands_sent_per_job: commands, # no scripts on this path: all that is executed was sent
    commands_executed_per_job: commands,
    peak_rss_mb: File.read("/proc/self/status")[/VmHWM:\s*(\d+)/, 1].to_i / 1024.0
  )
  # Its threads have two seconds of waiting before them.
  $stdout.flush
  exit!(true)
end

def enqueue(producers, bulk)
  Sidekiq.redis { |redis| redis.ping }
  share = JOBS / producers
  started = clock
  threads = Array.new(producers) do
    Thread.new { bulk > 1 ? push_bulk(share, bulk) : share.times { NoopJob.perform_async } }
  end
  threads.each(&:join)
  report(jobs_per_s: (share * producers / (clock - started)).round)
end

# Sidekiq's poller, told to look now.
def due
  require "sidekiq/scheduled"
  push_bulk(JOBS, 1_000, at: Time.now.to_f + 2)
  sleep 2.5
  poller = Sidekiq::VERSION < "7" ? Sidekiq::Scheduled::Enq.new : Sidekiq::Scheduled::Enq.new(Stack.options)
  started = clock
  poller.enqueue_jobs
  seconds = clock - started
  moved = Sidekiq.redis { |redis| redis.llen("queue:#{QUEUE}") }
  abort "load.rb: #{moved} of #{JOBS} jobs were moved" if moved != JOBS
  report(jobs_per_s: (JOBS / seconds).round)
end

def scheduled
  worker = make_worker
  # Sidekiq looks for the first time after 10 to 15 seconds: that is not what is measured.
  start = Time.now.to_f + 16
  JOBS.times do
    due = start + rand * JOBS / 20
    DueJob.perform_at(due, due)
  end
  worker.run
  sleep 0.1 until DueJob::LATENESS.size == JOBS
  sorted = Array.new(JOBS) { DueJob::LATENESS.pop * 1_000 }.sort
  report(p50_ms: sorted[JOBS / 2], p99_ms: sorted[JOBS * 99 / 100])
  $stdout.flush
  exit!(true)
end

def resident_kb
  File.read("/proc/self/status")[/VmRSS:\s*(\d+)/, 1].to_i
end

def in_flight
  worker = make_worker
  Sidekiq.redis { |redis| redis.ping }
  idle = resident_kb
  Sidekiq::Client.push_bulk("class" => HoldJob, "queue" => QUEUE, "args" => Array.new(JOBS) { [] })
  worker.run
  JOBS.times { HoldJob::STARTED.pop }
  report(kb_per_job: (resident_kb - idle) / JOBS.to_f)
  $stdout.flush
  exit!(true)
end

def stamps
  StampJob.perform_async # untimed: opens the connection and warms the worker
  JOBS.times do
    sleep 0.02 + rand * 0.02
    StampJob.perform_async(StampJob.now)
  end
end

def latency
  go, ready = IO.pipe
  producer = fork do
    ready.close
    go.read
    stamps
  end
  worker = make_worker
  worker.run
  sleep 1
  ready.close
  Process.wait(producer)
  wait_until_drained
  worker.stop

  sorted = Array.new(StampJob::LATENCIES.size) { StampJob::LATENCIES.pop * 1_000 }.sort
  abort "load.rb: #{sorted.size} of #{JOBS} jobs were timed" if sorted.size != JOBS
  report(p50_ms: sorted[JOBS / 2], p99_ms: sorted[JOBS * 99 / 100])
end

case options[:mode]
when "drain" then drain(options[:dead_maximum])
when "enqueue" then enqueue(options[:producers], options[:bulk])
when "latency" then latency
when "stamps" then stamps
when "scheduled" then scheduled
when "due" then due
when "in-flight" then in_flight
end
