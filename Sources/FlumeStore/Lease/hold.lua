-- Takes a lease, or renews it, unless somebody has buried the process.
--
-- KEYS  1 lease   2 the set of processes that may have jobs in flight
-- ARGV  1 epoch   2 lease in ms   3 identity
-- Returns {'held' | 'taken' | 'buried', seconds, microseconds of Redis's clock}

local lease = redis.call('GET', KEYS[1])
local time = redis.call('TIME')
if lease == 'buried' then return { 'buried', time[1], time[2] } end
-- Needs no memory: it keeps the lease alive while Redis is full, and lets the writes below through.
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local verdict = 'held'
if not lease or tonumber(lease) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  if not lease then verdict = 'taken' end
end
redis.call('SADD', KEYS[2], ARGV[3])
return { verdict, time[1], time[2] }
