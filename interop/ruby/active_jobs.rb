# The ActiveJob side of the interop tests, alike on ActiveJob 6.1 (Debian 12) and 7.2 (Debian 13):
# what a Rails application would have in app/jobs, without Rails.

require "active_job"
require "active_support/all"
require "bigdecimal"
require "globalid"
require "i18n"

I18n.available_locales = %i[en de]
I18n.load_path = []
I18n.enforce_available_locales = false
GlobalID.app = "demo"
Time.zone_default = Time.find_zone!("Europe/Berlin")
ActiveJob::Base.queue_adapter = :sidekiq
ActiveJob::Base.logger = Logger.new(IO::NULL)

# A record that needs no database.
class Person
  include GlobalID::Identification
  attr_reader :id

  def initialize(id)
    @id = id.to_s
  end

  def self.find(id)
    new(id)
  end

  def ==(other)
    other.is_a?(Person) && other.id == id
  end
end

# A serializer of the application's own.
Money = Struct.new(:amount, :currency)
class MoneySerializer < ActiveJob::Serializers::ObjectSerializer
  def serialize(money)
    super("amount" => money.amount, "currency" => money.currency)
  end

  def deserialize(hash)
    Money.new(hash["amount"], hash["currency"])
  end

  private

  def klass
    Money
  end
end
ActiveJob::Serializers.add_serializers(MoneySerializer)

# What the application knows of a request; Sidekiq hands it on to the jobs that are enqueued meanwhile.
class Current < ActiveSupport::CurrentAttributes
  attribute :user_id, :tenant

  def self.hand_on
    require "sidekiq/middleware/current_attributes"
    Sidekiq::CurrentAttributes.persist(self)
  end
end

class InteropError < StandardError
end

class RailsEchoJob < ActiveJob::Base
  def perform(*args)
    echo(args)
  end
  ruby2_keywords(:perform)

  private

  # The arguments in ActiveJob's own form, and what Ruby made of them, for tests to look at.
  def echo(args)
    record = {
      "jid" => provider_job_id, "queue" => queue_name, "class" => self.class.name,
      "args" => ActiveJob::Arguments.serialize(args), "executions" => executions, "job_id" => job_id,
      "cattr" => Current.attributes.compact.presence, "locale" => locale, "timezone" => timezone, "priority" => priority,
      "inspect" => args.inspect
    }
    Sidekiq.redis { |redis| redis.rpush("interop:echo", JSON.generate(record)) }
  end
end

# Fails each time: three runs in all, then Sidekiq's own retries.
class RailsRetryJob < RailsEchoJob
  retry_on InteropError, wait: 1, attempts: 3, jitter: 0

  def perform(*args)
    echo(args)
    raise InteropError, "RailsRetryJob failed in execution #{executions}"
  end
end

# One argument of each kind that this Rails can write, by name: what the tests enqueue from Ruby.
module RailsSamples
  def self.arguments
    zone = Time.find_zone!("Europe/Berlin")
    samples = {
      "scalars" => [1, "s", 1.5, nil, true, [1, ["x"]], 2**70],
      "symbol" => [:sym],
      "hashes" => [{"str" => 1, :sym => :val}, {"a" => {"b" => 1}}.with_indifferent_access],
      "time" => [Time.utc(2024, 2, 29, 12, 34, Rational(56_789_123_456, 1_000_000_000))],
      "datetime" => [DateTime.new(2024, 2, 29, 12, 34, 56.5, "+2")],
      "twz" => [zone.local(2024, 2, 29, 13, 34, Rational(56_789_123_456, 1_000_000_000))],
      "date" => [Date.new(2024, 2, 29)],
      "duration" => [1.day + 2.hours + 3.minutes + 4.seconds],
      "bigdecimal" => [BigDecimal("123.456")],
      "module" => [Kernel, RailsEchoJob],
      "globalid" => [Person.new(42), [Person.new("abc")]],
      "money" => [Money.new(5, "EUR")]
    }
    samples["range"] = [1..10, Date.new(2024, 1, 1)...Date.new(2024, 2, 1), (1..)] if ActiveJob.gem_version >= Gem::Version.new("7.0")
    samples
  end
end
