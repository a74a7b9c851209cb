# A producer: enqueues with real Sidekiq, as an application would, and prints the jids.
#
#   ruby enqueue.rb --class EchoJob --args '[1, "two"]'
#   ruby enqueue.rb --class EchoJob --args '[1]' --in 60 --set '{"retry": 3, "tags": ["a"]}'
#   ruby enqueue.rb --class EchoJob --args '["x"]' --count 5000 --bulk
#   ruby enqueue.rb --class EchoJob --args '[1]' --routes redis

require_relative "stack"

options = Stack.parse("Usage: enqueue.rb [options]") do |o, values|
  values.update(queue: "default", class: "EchoJob", args: [], count: 1, set: {})
  o.on("--queue NAME", "(default)") { |v| values[:queue] = v }
  o.on("--class NAME", "a Ruby class need not exist (EchoJob)") { |v| values[:class] = v }
  o.on("--args JSON", "an array ([])") { |v| values[:args] = JSON.parse(v) }
  o.on("--in SECONDS", Float, "perform_in") { |v| values[:in] = v }
  o.on("--at TIME", Float, "perform_at, seconds since 1970") { |v| values[:at] = v }
  o.on("--count N", Integer, "that many of them (1)") { |v| values[:count] = v }
  o.on("--bulk", "push_bulk, 1,000 at a time") { values[:bulk] = true }
  o.on("--routes WHERE", "flume_router.rb with a file of routes, or redis") { |v| values[:routes] = v }
  o.on("--set JSON", "any further fields: retry, retry_for, tags, backtrace, …") { |v| values[:set] = JSON.parse(v) }
end

Stack.route(options[:routes]) if options[:routes]
job_class = Stack.job_class(options[:class])
fields = options[:set].merge("queue" => options[:queue])
job_class.sidekiq_options(fields)
wanted = options[:count]

if options[:bulk]
  at = options[:at] || (options[:in] && Time.now.to_f + options[:in])
  while wanted > 0
    slice = [wanted, 1_000].min
    items = fields.merge("class" => job_class, "args" => [options[:args]] * slice)
    items["at"] = at if at
    puts Sidekiq::Client.push_bulk(items)
    wanted -= slice
  end
else
  wanted.times do
    puts(
      if options[:in] then job_class.perform_in(options[:in], *options[:args])
      elsif options[:at] then job_class.perform_at(options[:at], *options[:args])
      else job_class.perform_async(*options[:args])
      end
    )
  end
end
