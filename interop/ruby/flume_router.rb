# Moves Sidekiq jobs to Swift workers, class by class, while Ruby goes on enqueuing them.
#
# Copy this file into the application; it needs nothing but Sidekiq, 6.4 to 8.1. In an initializer:
#
#   require "flume_router"
#   FlumeRouter.install                                      # routes in the Redis hash flume:routes
#   FlumeRouter.install(file: "config/flume_routes.yml")     # or in a file
#
# A route is a class and the queue that Swift workers read, with a share or without:
#
#   HSET flume:routes WelcomeEmail swift                     # WelcomeEmail: swift
#   HSET flume:routes ImageJob "swift 30%"                   # ImageJob: swift 30%
#   HDEL flume:routes WelcomeEmail                           # the way back
#
# Both can be changed while processes run: each looks once a second. In a file a route is a line of
# YAML. The class of an ActiveJob is its own, not that of the wrapper.
#
# Which jobs the share takes depends on the jid alone (of an ActiveJob on its job_id, which its
# retries keep), so a job has the same answer in every process and at every retry, and a larger share
# takes those of a smaller one and more.
#
# This is client middleware: it changes the queue of a job that is about to be pushed, at once, in
# bulk or for later, and has no say over what is in a queue already. Ruby processes push scheduled
# jobs and retries again when they are due, so these follow a changed route, back as well: the queue
# that a job had before is kept in its field flume_routed_from. Where the poller of a Swift worker is
# first, they stay with the queue they have.
#
# Never loses a job. Where the routes cannot be read, the last ones that could count; a route that
# makes no sense is logged and its class stays in Ruby; so does a job that a Swift worker has handed
# over because it does not know the class (field flume_handovers).

require "sidekiq"
require "yaml"
require "zlib"

class FlumeRouter
  HASH = "flume:routes"
  FROM = "flume_routed_from"
  HANDOVERS = "flume_handovers"

  # Adds the middleware to whatever process this is, web or worker; workers push jobs too.
  def self.install(file: nil, key: HASH, max_age: 1)
    routes = Hash.new { |known, pool| known[pool] = Routes.new(pool, file: file, key: key, max_age: max_age) }
    routes.compare_by_identity
    add = lambda { |config| config.client_middleware { |chain| chain.add FlumeRouter, routes } }
    Sidekiq.configure_client(&add)
    Sidekiq.configure_server(&add)
    Sidekiq::Client.prepend(OneQueueEach) if Sidekiq::VERSION.to_i < 8
  end

  # `routes` by connection pool: an application with several Redis servers has routes on each.
  def initialize(routes)
    @routes = routes
  end

  def call(_job_class, job, _queue, pool)
    begin
      route(job, @routes[pool])
    rescue => error
      Sidekiq.logger.error { "FlumeRouter: #{job["class"]} stays in #{job["queue"]}: #{error.message}" }
    end
    yield
  end

  private

  def route(job, routes)
    return if job[HANDOVERS].to_i > 0
    envelope = job["args"].is_a?(Array) ? job["args"].first : nil
    envelope = nil unless envelope.is_a?(Hash) && envelope["job_class"]
    route = routes[(job["wrapped"] || (envelope && envelope["job_class"]) || job["class"]).to_s]
    if route&.takes?((envelope && envelope["job_id"]) || job["jid"])
      job[FROM] ||= job["queue"] unless job["queue"] == route.queue
      job["queue"] = route.queue
    elsif job[FROM]
      job["queue"] = job.delete(FROM)
    end
  end

  # Where a class goes, and how much of it.
  class Route
    attr_reader :queue

    # "swift" or "swift 30%".
    def self.parse(text)
      return unless text.to_s =~ /\A\s*([A-Za-z0-9_:.\-]+)(?:\s+(\d+(?:\.\d+)?)\s*%)?\s*\z/
      share = $2 ? $2.to_f : 100.0
      new($1, share) if share <= 100
    end

    def initialize(queue, share)
      @queue = queue
      @limit = (share * 100).round
    end

    def takes?(id)
      @limit >= 10_000 || Zlib.crc32(id.to_s) % 10_000 < @limit
    end
  end

  # The routes as they were at most a second ago.
  class Routes
    def initialize(pool, file: nil, key: HASH, max_age: 1)
      @pool, @file, @key, @max_age = pool, file, key, max_age
      @lock = Mutex.new
      @known = {}
      @said = nil
    end

    def [](job_class)
      refresh if @read_at.nil? || now - @read_at >= @max_age
      @known[job_class]
    end

    private

    def now
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end

    # Whoever comes while another thread reads goes on with what is known; only the first waits.
    def refresh
      @read_at ? @lock.try_lock || return : @lock.lock
      begin
        return if @read_at && now - @read_at < @max_age
        @known = parse(@file ? read_file : read_hash)
      rescue => error
        say "FlumeRouter: the routes cannot be read, the last ones count: #{error.class}: #{error.message}"
      ensure
        @read_at = now
        @lock.unlock
      end
    end

    def read_file
      entries = YAML.safe_load(File.read(@file)) || {}
      raise "#{@file} is no map of classes to queues" unless entries.is_a?(Hash)
      entries
    end

    def read_hash
      entries = @pool.with { |redis| redis.hgetall(@key) }
      entries.is_a?(Hash) ? entries : entries.each_slice(2).to_h
    end

    def parse(entries)
      wrong = []
      known = entries.each_with_object({}) do |(job_class, text), routes|
        route = Route.parse(text)
        route ? routes[job_class.to_s.sub(/\A::/, "")] = route : wrong << "#{job_class}: #{text.inspect}"
      end
      say wrong.empty? ? nil : "FlumeRouter: no route, so these stay in Ruby: #{wrong.join(", ")}; write QUEUE or QUEUE 30%"
      known.freeze
    end

    # Each trouble once, not at each look.
    def say(trouble)
      Sidekiq.logger.warn { trouble } if trouble && trouble != @said
      @said = trouble
    end
  end

  # Until 8 Sidekiq pushes all jobs of a bulk to the queue of the first of them.
  module OneQueueEach
    private

    def atomic_push(connection, payloads)
      return super if payloads.first.key?("at")
      payloads.group_by { |payload| payload["queue"] }.each_value { |group| super(connection, group) }
    end
  end
end
