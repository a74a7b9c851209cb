-- A process says good-bye. With jobs still in flight it stays listed, so that they are recovered.
--
-- KEYS  1 lease   2 in-flight hash   3 the set of processes that may have jobs in flight
-- ARGV  1 identity
-- Returns how many jobs are still in flight

local left = redis.call('HLEN', KEYS[2])
if left == 0 then
  redis.call('SREM', KEYS[3], ARGV[1])
  if redis.call('GET', KEYS[1]) ~= 'buried' then redis.call('DEL', KEYS[1]) end
end
return left
