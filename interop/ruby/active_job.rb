# A Rails-like producer: enqueues with real ActiveJob and prints the jids.
#
#   ruby active_job.rb --active-job RailsEchoJob --sample hashes
#   ruby active_job.rb --active-job RailsEchoJob --args '[1, {"a": 2, "_aj_symbol_keys": ["a"]}]'
#   ruby active_job.rb --version

require_relative "stack"
require_relative "active_jobs"

# ActiveJob 6.1 hands over a BigDecimal as it is, which Sidekiq warns of on standard output.
Sidekiq.logger.level = Logger::ERROR

options = Stack.parse("Usage: active_job.rb [options]") do |o, values|
  values.update(queue: "default", class: "RailsEchoJob", args: [])
  o.on("--queue NAME", "(default)") { |v| values[:queue] = v }
  o.on("--active-job CLASS", "(RailsEchoJob)") { |v| values[:class] = v }
  o.on("--args JSON", "an array, in ActiveJob's tagged form ([])") { |v| values[:args] = JSON.parse(v) }
  o.on("--sample NAME", "arguments of this kind; 'all' for a job of each but 'money'") { |v| values[:sample] = v }
  o.on("--in SECONDS", Float, "set(wait:)") { |v| values[:in] = v }
  o.on("--priority N", Integer, "set(priority:)") { |v| values[:priority] = v }
  o.on("--count N", Integer, "(1)") { |v| values[:count] = v }
  o.on("--routes WHERE", "flume_router.rb with a file of routes, or redis") { |v| values[:routes] = v }
  o.on("--current JSON", "user_id and tenant of CurrentAttributes, an object") { |v| values[:current] = JSON.parse(v) }
  o.on("--cattr JSON", "what Sidekiq's CurrentAttributes of another version would write") { |v| values[:cattr] = v }
  o.on("--version", "only print the version of ActiveJob") { values[:version] = true }
end

if options[:version]
  puts ActiveJob.gem_version
  exit
end

Stack.route(options[:routes]) if options[:routes]
Current.hand_on if options[:current]

if options[:cattr]
  attributes = JSON.parse(options[:cattr])
  middleware = Class.new do
    define_method(:call) do |_class, job, _queue, _pool, &push|
      job["cattr"] = attributes
      push.call
    end
  end
  Sidekiq.configure_client { |config| config.client_middleware { |chain| chain.add middleware } }
end

settings = {queue: options[:queue], priority: options[:priority], wait: options[:in]&.seconds}.compact
job = Object.const_get(options[:class]).set(settings)
Current.user_id, Current.tenant = options[:current].values_at("user_id", "tenant") if options[:current]
enqueued = I18n.with_locale(:de) do
  case options[:sample]
  when nil
    Array.new(options[:count] || 1) { job.perform_later(*ActiveJob::Arguments.deserialize(options[:args])) }
  when "all"
    # "money" takes a serializer of the application's own.
    RailsSamples.arguments.except("money").values.map { |arguments| job.perform_later(*arguments) } +
      [job.perform_later(1, a: 1, b: {c: 2})]
  else
    [job.perform_later(*RailsSamples.arguments.fetch(options[:sample]))]
  end
end
puts enqueued.map(&:provider_job_id)
