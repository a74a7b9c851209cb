-- Holds a slot for longer, if it is still held.
--
-- KEYS  1 slots
-- ARGV  1 name of the slot   2 µs from now
-- Returns 1 it is held, 0 it had run out and was taken away

redis.call('PERSIST', KEYS[1])
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now + tonumber(ARGV[2])))
return 1
