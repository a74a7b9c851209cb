-- Enables or disables a cron entry.
--
-- KEYS  1 hash of the entries in force   2 hash of their state
-- ARGV  1 name of the entry   2 1: enable, 0: disable
-- Returns 1, or 0 when there is no such entry

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('HDEL', KEYS[2], '')
if redis.call('HGET', KEYS[2], 'enabled:' .. ARGV[1]) ~= ARGV[2] then
  -- The ticks of the time it was disabled were not missed.
  redis.call('HSET', KEYS[2], 'enabled:' .. ARGV[1], ARGV[2], 'tick:' .. ARGV[1], redis.call('TIME')[1])
end
return 1
