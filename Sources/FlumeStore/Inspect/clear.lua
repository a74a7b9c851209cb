-- Empties a queue or a sorted set at once: all of it is under another name then, for as long as the caller reads it.
--
-- KEYS  1 what to empty   2 the other name   3 the set `queues`
-- ARGV  1 ms after which the rest is dropped   2 name to take out of `queues`, empty for none
-- Returns how many jobs there were

local is = redis.call('TYPE', KEYS[1]).ok
local count = 0
if is == 'list' then count = redis.call('LLEN', KEYS[1]) elseif is == 'zset' then count = redis.call('ZCARD', KEYS[1]) end
if count > 0 then
  -- Both are O(1) and need no memory.
  redis.call('RENAME', KEYS[1], KEYS[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
if ARGV[2] ~= '' then redis.call('SREM', KEYS[3], ARGV[2]) end
return count
