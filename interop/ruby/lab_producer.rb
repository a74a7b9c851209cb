# The fault lab's producer with Sidekiq's own client: the same command line and ledger as
# `fault-lab producer`.
#
#   ruby lab_producer.rb --redis URL --ledger FILE --seed 1 --count 100 --rate 50 --job 'LabSleep:[0.5]:3'

require_relative "stack"
require_relative "lab_ledger"

options = Stack.parse("Usage: lab_producer.rb [options]") do |o, values|
  values.update(seed: 1, count: nil, rate: 1000.0, queue: "default", jobs: [])
  o.on("--ledger FILE", "gets a line before each enqueue and one after it") { |v| values[:ledger] = v }
  o.on("--seed N", Integer, "what the choice of jobs comes from") { |v| values[:seed] = v }
  o.on("--count N", Integer, "how many; it ends then, or by TERM") { |v| values[:count] = v }
  o.on("--rate N", Float, "jobs in a second at most (1000)") { |v| values[:rate] = v }
  o.on("--queue NAME", "(default)") { |v| values[:queue] = v }
  o.on("--job MIX", "Class:JSON arguments:weight, repeatable") { |v| values[:jobs] << v }
end

# Writes a job down before anything is sent, byte for byte as Sidekiq will write it.
class AttemptRecorder
  def initialize(ledger)
    @ledger = ledger
  end

  def call(_job_class, job, _queue, _redis)
    @ledger.line("try", job["jid"], JSON.generate(job))
    yield
  end
end

ledger = LabLedger.new(options[:ledger])
Sidekiq.configure_client do |config|
  config.client_middleware { |chain| chain.add AttemptRecorder, ledger }
end

unknown = {"big" => 123456789012345678901234567890, "float" => 1.5, "none" => [], "text" => "é/"}
mixes = (options[:jobs].empty? ? ["LabQuick:[]:1"] : options[:jobs]).flat_map do |text|
  _, name, arguments, weight = text.match(/\A([^:]+):(.*):(\d+)\z/).to_a
  [[name, JSON.parse(arguments)]] * weight.to_i
end
random = Random.new(options[:seed])
stopped = false
%w[TERM INT].each { |signal| trap(signal) { stopped = true } }

started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
number = 0
until stopped || number == options[:count]
  name, arguments = mixes[random.rand(mixes.size)]
  begin
    jid = Sidekiq::Client.push(
      "class" => name, "args" => arguments, "queue" => options[:queue], "retry" => true,
      "jid" => random.bytes(12).unpack1("H*"), "lab" => unknown
    )
    ledger.line("ack", jid) if jid
  rescue => error
    # Nobody knows whether it is there, or it is not: the next one is another job.
    warn error.message
    sleep 0.02
  end
  number += 1
  ahead = started + number / options[:rate] - Process.clock_gettime(Process::CLOCK_MONOTONIC)
  sleep ahead if ahead > 0
end
