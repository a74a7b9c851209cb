-- Puts the entries of a cron schedule in force, in the place of those that were.
--
-- KEYS  1 digest of the entries in force   2 hash of the entries   3 hash of their state   4 set of all schedules
-- ARGV  1 name of the schedule   2 digest   3 for how many ms it is in force   4 1: whoever's are in force; 0: only when
--       nobody's are   5… for each entry: name, definition, timing, 1 or 0 as it is enabled where it is written
-- Returns 1, or 0 when the entries of somebody else are in force

local holder = redis.call('GET', KEYS[1])
if ARGV[4] == '0' and holder and holder ~= ARGV[2] then return 0 end

-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('HDEL', KEYS[3], '')
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
local now = redis.call('TIME')[1]

local wanted = {}
for at = 5, #ARGV, 4 do wanted[ARGV[at]] = true end
local held = redis.call('HGETALL', KEYS[2])
for at = 1, #held, 2 do
  local name = held[at]
  if not wanted[name] then
    redis.call('HDEL', KEYS[2], name)
    for _, what in ipairs({'timing', 'tick', 'was', 'enabled', 'written', 'ran', 'at', 'jid'}) do
      redis.call('HDEL', KEYS[3], what .. ':' .. name)
    end
  end
end

for at = 5, #ARGV, 4 do
  local name, definition, timing, enabled = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  redis.call('HSET', KEYS[2], name, definition)
  -- What is new or has other times begins now: the times before were not missed.
  if redis.call('HGET', KEYS[3], 'timing:' .. name) ~= timing then
    redis.call('HSET', KEYS[3], 'timing:' .. name, timing, 'tick:' .. name, now)
  end
  -- The last word counts: a switch at run time stays until the word in the file changes.
  if redis.call('HGET', KEYS[3], 'written:' .. name) ~= enabled then
    redis.call('HSET', KEYS[3], 'written:' .. name, enabled, 'enabled:' .. name, enabled, 'tick:' .. name, now)
  end
end
if #ARGV > 4 then redis.call('SADD', KEYS[4], ARGV[1]) else redis.call('SREM', KEYS[4], ARGV[1]) end
return 1
