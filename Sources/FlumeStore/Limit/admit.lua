-- Decides for jobs that were just fetched whether the limit of their key has room. Those for whom it has none are moved
-- out of the in-flight record and wait in Redis, by key, in the order they came; others go on.
--
-- KEYS  1 in-flight hash   2 settings of the limit   3 keys with parked jobs, by when they have room   4 lists of slots
--       5… the slots of other limits that the jobs hold
--       then for each key its meter, its slots and its parked list
-- ARGV  1 identity   2 kind   3 count   4 scale   5 burst   6 how many other slots keys   7 how many keys   then their names
--       then for each job its field and the number of its key
-- Returns {µs a start may come later, µs until the first parked key has room or -1, Redis's time in µs,
--          then for each job 1: it may start   0: it is parked   -1: it was not in flight}

local inflight, index = KEYS[1], KEYS[3]
-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('HDEL', inflight, '')
local now = limits.now()
local others, keys = tonumber(ARGV[6]), tonumber(ARGV[7])
local numbers = { ARGV[2], ARGV[3], ARGV[4], ARGV[5] }
local opened = {}

local function key(number)
  if not opened[number] then
    local at = 4 + others + 3 * (number - 1)
    local limit = limits.open(KEYS[2], KEYS[at + 1], KEYS[at + 2], numbers, now, 1)
    limit.parked, limit.name = KEYS[at + 3], ARGV[7 + number]
    limit.crowd = redis.call('LLEN', limit.parked)
    opened[number] = limit
  end
  return opened[number]
end

local reply, margin = { 0, -1, now }, 15000
for at = 8 + keys, #ARGV, 2 do
  local field, limit = ARGV[at], key(tonumber(ARGV[at + 1]))
  local sequence, queue = string.match(field, '^(%d+):(.*)$')
  local name = ARGV[1] .. ':' .. sequence
  local payload = redis.call('HGET', inflight, field)
  margin = math.min(margin, limits.delay(limit))
  local verdict = -1
  if payload then
    local room, wait = 0, nil
    -- Who comes while others wait for the same key waits behind them.
    if limit.crowd == 0 then room, wait = limits.look(limit, now, 1) end
    if room > 0 then
      limits.charge(limit, now, 1, { name }, '')
      if limit.kind == 'slots' then redis.call('SADD', KEYS[4], limit.slots) end
      verdict = 1
    else
      -- A script is not rolled back: it arrives before it leaves.
      redis.call('RPUSH', limit.parked, string.format('%.0f:', #queue) .. queue .. payload)
      redis.call('HDEL', inflight, field)
      redis.call('HDEL', limit.slots, name)
      for i = 5, 4 + others do redis.call('HDEL', KEYS[i], name) end
      limit.crowd = limit.crowd + 1
      if wait then redis.call('ZADD', index, string.format('%.0f', now + wait), limit.name) end
      verdict = 0
    end
  end
  reply[#reply + 1] = verdict
end
reply[1] = margin
local first = redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')
if first[2] then reply[2] = math.max(0, tonumber(first[2]) - now) end
return reply
