# Prints how the installed Sidekiq reads a configuration file: ruby read_sidekiq_yml.rb FILE ENVIRONMENT
#
# The first line is Sidekiq's major version; then follow a line for each capsule and one for each other option.
require "sidekiq"
require "sidekiq/cli"

file, environment = ARGV
cli = Sidekiq::CLI.instance
arguments = ["-C", file, "-e", environment]
puts Sidekiq::VERSION.split(".").first

def line(name, concurrency, is_strict, weights)
  puts [name, concurrency, is_strict ? "strict" : "drawn", weights.map { |n, w| "#{n}=#{[w, 1].max}" }.join(",")].join(" ")
end

if defined?(Sidekiq::Config)
  options = cli.config = Sidekiq::Config.new
  cli.send(:setup_options, arguments)
  options.capsules.each_value do |capsule|
    line(capsule.name, capsule.concurrency || options.concurrency, capsule.mode == :strict, capsule.weights)
  end
else
  # Sidekiq 6's own default is 10; 5 is what Flume has, and Sidekiq since 7.
  Sidekiq.options[:concurrency] = 5
  cli.send(:setup_options, arguments)
  options = Sidekiq.options
  line("default", options[:concurrency], options[:strict], options[:queues].tally)
end
puts "timeout #{options[:timeout]}"
puts "max_retries #{options[:max_retries] || 25}"
puts "tag #{options[:tag]}"
puts "labels #{options[:labels].to_a.join(",")}"
