-- Puts a tombstone in place of a lease that is gone. Whoever reads it knows that its jobs are somebody else's now.
--
-- KEYS  1 lease
-- ARGV  1 ms the tombstone stands
-- Returns 1 buried (now or before), 0 the lease is held after all

local lease = redis.call('GET', KEYS[1])
if lease and lease ~= 'buried' then return 0 end
redis.call('PERSIST', KEYS[1])
redis.call('SET', KEYS[1], 'buried', 'PX', ARGV[1])
return 1
