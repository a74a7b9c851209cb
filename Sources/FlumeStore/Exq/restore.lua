-- Puts jobs back in their queue that a node of Exq had in flight when it died, as the node does itself at its next start.
--
-- KEYS  1 hash of the node, there while it lives   2 list of its jobs in flight   3 the queue   4 the set `queues`
-- ARGV  1 name of the queue   2 how many jobs at most
-- Returns {1 when the node lives, how many were put back, how many are left}

if redis.call('EXISTS', KEYS[1]) == 1 then return { 1, 0, redis.call('LLEN', KEYS[2]) } end

-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('LTRIM', KEYS[2], 0, -1)
local jobs = redis.call('LRANGE', KEYS[2], 0, ARGV[2] - 1)
if #jobs > 0 then
  -- The newest comes first in that list, and the oldest is the next to run. They arrive before they leave.
  redis.call('RPUSH', KEYS[3], unpack(jobs))
  redis.call('LTRIM', KEYS[2], #jobs, -1)
  redis.call('SADD', KEYS[4], ARGV[1])
end
return { 0, #jobs, redis.call('LLEN', KEYS[2]) }
