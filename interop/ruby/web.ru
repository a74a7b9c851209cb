# Sidekiq's own Web UI on $REDIS_URL:  rackup -s webrick -o 127.0.0.1 -p 9292 web.ru

require_relative "stack"
require "securerandom"
require "sidekiq/web"

begin
  require "rack/session" # apart from Rack since 3
rescue LoadError
  require "rack/session/cookie"
end

use Rack::Session::Cookie, secret: SecureRandom.hex(64), same_site: true, max_age: 86_400
run Sidekiq::Web
