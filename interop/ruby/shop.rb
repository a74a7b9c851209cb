# A small application of the Rails kind, for the guide in interop/README.md: it sells something a few
# times a second and sends each customer a WelcomeEmail, in Ruby or wherever flume_router.rb says.
#
#   ruby shop.rb sell            sells until it is stopped; what a web process does
#   ruby shop.rb work            sends emails until it is stopped; what `bundle exec sidekiq` does
#   ruby shop.rb wait ruby       waits until Ruby (or swift) has sent 20 more, and says who sent how many
#   ruby shop.rb wait sold       waits until 20 more are sold
#   ruby shop.rb close           waits until all are sent, and says whether each was sent once
#
# With --rails it sends each customer a receipt, which is an ActiveJob (receipt_job.rb), in place of the email.
#
# Everything is on the Redis of $REDIS_URL.

require_relative "stack"
require_relative "flume_router"

# --- app/jobs/welcome_email.rb

class WelcomeEmail
  include Sidekiq::Job

  def perform(user_id, template)
    Sidekiq.redis { |redis| redis.hincrby("demo:sent:ruby", user_id, 1) }
  end
end

# --- what the commands do

module Shop
  class << self
    # Where the counts are, and what sends something to a customer.
    attr_accessor :prefix, :send_to
  end
  self.prefix = "demo"
  self.send_to = ->(user_id) { WelcomeEmail.perform_async(user_id, "welcome") }

  def self.use_rails
    require_relative "receipt_job"
    self.prefix = "receipts"
    self.send_to = ->(user_id) { ReceiptJob.perform_later(Customer.new(user_id), Date.today, currency: :eur) }
  end

  def self.redis(&block)
    Sidekiq.redis(&block)
  end

  def self.sell
    FlumeRouter.install
    # Not between the count and the job: that one would look lost.
    is_open = true
    trap("TERM") { is_open = false }
    while is_open
      user_id = redis { |redis| redis.incr("#{prefix}:sold") }
      send_to.call(user_id)
      sleep 0.02
    end
  end

  def self.work
    require "sidekiq/cli"
    FlumeRouter.install
    Stack.options[:poll_interval_average] = 1
    cli = Sidekiq::CLI.instance
    cli.parse(["-r", __FILE__, "-c", "2", "-q", "default"])
    cli.run(boot_app: false)
  end

  def self.sent(by)
    redis { |redis| redis.hlen("#{prefix}:sent:#{by}") }
  end

  def self.sold
    redis { |redis| redis.get("#{prefix}:sold") }.to_i
  end

  def self.wait(what)
    count = -> { what == "sold" ? sold : sent(what) }
    wanted = count.call + 20
    give_up_at = Time.now + 60
    until count.call >= wanted
      abort "shop.rb: waited 60 s in vain for #{what}" if Time.now > give_up_at
      sleep 0.05
    end
    puts "sold: #{sold}, sent by ruby: #{sent("ruby")}, by swift: #{sent("swift")}"
  end

  def self.close
    give_up_at = Time.now + 60
    loop do
      counts = %w[ruby swift].flat_map { |by| redis { |redis| redis.hgetall("#{prefix}:sent:#{by}") }.to_a }
      users = counts.map(&:first).uniq.size
      twice = counts.sum { |_, count| count.to_i } - users
      if users >= sold || Time.now > give_up_at
        puts "sold: #{sold}, lost: #{sold - users}, sent twice: #{twice}"
        puts "sent by ruby: #{sent("ruby")}, by swift: #{sent("swift")}"
        exit users == sold && twice == 0
      end
      sleep 0.05
    end
  end
end

if $0 == __FILE__
  usage = "Usage: shop.rb [--rails] sell|work|wait ruby|wait swift|wait sold|close [--redis URL]"
  options = Stack.parse(usage) do |o, values|
    o.on("--rails", "an ActiveJob in place of the email") { values[:rails] = true }
  end
  Shop.use_rails if options[:rails]
  case ARGV
  in ["sell"] then Shop.sell
  in ["work"] then Shop.work
  in ["wait", "ruby" | "swift" | "sold" => what] then Shop.wait(what)
  in ["close"] then Shop.close
  else abort "shop.rb: write sell, work, wait ruby, wait swift, wait sold or close"
  end
end
