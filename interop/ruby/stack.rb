# What all files here share: real Sidekiq on one Redis, alike on 6.4.1 (Debian 12) and 7.3.2
# (Debian 13). Nothing here reaches into Sidekiq to make it easier on Flume.

# As Rails does: a bare machine has no locale, and Ruby would take text for ASCII.
Encoding.default_external = Encoding::UTF_8

require "json"
require "optparse"
require "sidekiq"
require "sidekiq/api"

# Sidekiq 6.4.1 calls redis-rb 4.8 in ways which that deprecates, at a line of noise per call.
Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)

# Standard output is for results.
Sidekiq.logger.level = Logger::WARN

module Stack
  # Both versions take their Redis from here, in clients and in workers.
  def self.redis_url=(url)
    ENV.delete("REDIS_PROVIDER")
    ENV["REDIS_URL"] = url
  end

  # The settings of a worker: `Sidekiq.options` became an object of its own in 7.
  def self.options
    Sidekiq.respond_to?(:default_configuration) ? Sidekiq.default_configuration : Sidekiq.options
  end

  # The class of that name, made a job if there is none: what a Rails application would have.
  def self.job_class(name)
    Object.const_get(name)
  rescue NameError
    *modules, last = name.split("::")
    home = modules.inject(Object) do |outer, part|
      outer.const_defined?(part, false) ? outer.const_get(part) : outer.const_set(part, Module.new)
    end
    home.const_set(last, Class.new { include Sidekiq::Job })
  end

  # Routes jobs by flume_router.rb, which looks at its routes more often than it would by itself.
  def self.route(where)
    require_relative "flume_router"
    # Its warnings are no results.
    Sidekiq.logger.reopen($stderr)
    FlumeRouter.install(file: (where unless where == "redis"), max_age: 0.02)
  end

  # Parses the command line, --redis always among it.
  def self.parse(banner)
    values = {redis: ENV["REDIS_URL"] || "redis://127.0.0.1:6379/0"}
    parser = OptionParser.new do |o|
      o.banner = banner
      o.on("--redis URL", "where (default: $REDIS_URL, or #{values[:redis]})") { |v| values[:redis] = v }
      yield o, values
    end
    parser.parse!
    self.redis_url = values[:redis]
    values
  rescue OptionParser::ParseError => error
    abort "#{File.basename($0)}: #{error.message}\n#{parser}"
  end
end
