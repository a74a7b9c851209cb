# Measures Ruby Sidekiq the way flume-load measures Flume: same options, same keys in the output,
# so that scripts/bench can alternate the two on one Redis.
#
#   drain    fills a queue with --jobs no-op jobs, then times a worker of --concurrency emptying it
#   enqueue  times --jobs pushes, one by one on one connection, or --bulk N at a time, or from
#            --producers threads
#   latency  times enqueue to start of --jobs jobs on an idle queue; the producer is another process
#
# Everything runs as Sidekiq's own `sidekiq` command would, at log level warn.

require_relative "stack"

class NoopJob
  include Sidekiq::Job

  def perform(*)
  end
end

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

options = Stack.parse("Usage: load.rb --mode drain|enqueue|latency [options]") do |o, values|
  values.update(mode: "drain", jobs: 10_000, concurrency: 10, queue: "load", producers: 1, bulk: 1)
  o.on("--mode MODE", %w[drain enqueue latency]) { |v| values[:mode] = v }
  o.on("--jobs N", Integer) { |v| values[:jobs] = v }
  o.on("--concurrency N", Integer) { |v| values[:concurrency] = v }
  o.on("--queue NAME") { |v| values[:queue] = v }
  o.on("--producers N", Integer, "threads that enqueue") { |v| values[:producers] = v }
  o.on("--bulk N", Integer, "jobs per push_bulk; 1: perform_async") { |v| values[:bulk] = v }
end
JOBS, CONCURRENCY, QUEUE = options.values_at(:jobs, :concurrency, :queue)
[NoopJob, StampJob].each { |job| job.sidekiq_options("queue" => QUEUE) }

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

def push_bulk(count, size)
  while count > 0
    slice = [count, size].min
    Sidekiq::Client.push_bulk("class" => NoopJob, "queue" => QUEUE, "args" => Array.new(slice) { [] })
    count -= slice
  end
end

# What `sidekiq -c CONCURRENCY -q QUEUE` would run, in this process; `run` starts it. To be called
# before anything talks to Redis, for it decides how many connections there are.
def make_worker
  require "sidekiq/cli"
  cli = Sidekiq::CLI.instance
  cli.parse(["-r", __FILE__, "-c", CONCURRENCY.to_s, "-q", QUEUE, "-e", "production"])
  Stack.options[:identity] = cli.identity
  Sidekiq::Launcher.new(Stack.options)
end

def running_jobs
  (defined?(Sidekiq::Processor::WORK_STATE) ? Sidekiq::Processor::WORK_STATE : Sidekiq::Processor::WORKER_STATE).size
end

def pending_jobs
  Sidekiq.redis { |redis| redis.llen("queue:#{QUEUE}") } + running_jobs
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

def drain
  worker = make_worker
  push_bulk(JOBS, 1_000)
  before = redis_info
  cpu, started = cpu_seconds, clock
  worker.run
  seconds = wait_until_drained - started
  cpu, after = cpu_seconds - cpu, redis_info
  worker.stop

  commands = (after["total_commands_processed"].to_i - before["total_commands_processed"].to_i) / JOBS.to_f
  # What no heartbeat has written yet would be written at exit.
  processed = Sidekiq::Stats.new.processed + Sidekiq::Processor::PROCESSED.reset
  abort "load.rb: #{processed} of #{JOBS} jobs were processed" if processed != JOBS
  report(
    jobs_per_s: (JOBS / seconds).round,
    worker_cpu_us_per_job: cpu * 1e6 / JOBS,
    redis_cpu_us_per_job: (redis_cpu_seconds(after) - redis_cpu_seconds(before)) * 1e6 / JOBS,
    commands_sent_per_job: commands, # no scripts on this path: all that is executed was sent
    commands_executed_per_job: commands,
    peak_rss_mb: File.read("/proc/self/status")[/VmHWM:\s*(\d+)/, 1].to_i / 1024.0
  )
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

def latency
  go, ready = IO.pipe
  producer = fork do
    ready.close
    go.read
    StampJob.perform_async # untimed: opens the connection and warms the worker
    JOBS.times do
      sleep 0.02 + rand * 0.02
      StampJob.perform_async(StampJob.now)
    end
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
when "drain" then drain
when "enqueue" then enqueue(options[:producers], options[:bulk])
when "latency" then latency
end
