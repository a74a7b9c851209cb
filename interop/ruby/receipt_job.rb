# What the application of the guide has of Rails: an ActiveJob class and a model, without Rails itself.

require "active_job"
require "active_support/all"
require "globalid"

GlobalID.app = "shop"
ActiveJob::Base.queue_adapter = :sidekiq
ActiveJob::Base.logger = Logger.new(IO::NULL)

# --- app/models/customer.rb, but that it needs no database

class Customer
  include GlobalID::Identification
  attr_reader :id

  def self.find(id)
    new(id)
  end

  def initialize(id)
    @id = id
  end
end

# --- app/jobs/receipt_job.rb

class ReceiptJob < ActiveJob::Base
  def perform(customer, sold_on, currency:)
    Sidekiq.redis { |redis| redis.hincrby("receipts:sent:ruby", customer.id, 1) }
  end
end
