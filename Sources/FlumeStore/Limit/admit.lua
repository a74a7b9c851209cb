-- Decides for jobs that were just fetched whether the limits of their keys have room. Those for whom one has none are
-- moved out of the in-flight record and wait in Redis, by key, in the order they came; others go on.
--
-- KEYS  1 in-flight hash   2 keys with parked jobs, by when they have room   3 lists of slots
--       4 places with parked jobs   5… the slots of other limits that the jobs hold, then what `limits.group` reads
-- ARGV  1 identity   2 how many other slots keys   3 how many limits   4 the keys of how many jobs
--       5 name of the place   6… what `limits.group` reads, then for each job its field and the number of its keys
-- Returns {µs a start may come later, µs until the first parked job has room or -1, Redis's time in µs,
--          1 when a limit's settings are not in Redis,
--          then for each job 1: it may start   0: it is parked   -1: it was not in flight
--          or the key that holds something of another type, so that it can neither start nor be parked}

local inflight, index = KEYS[1], KEYS[2]
-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('HDEL', inflight, '')
local now = limits.now()
local others, size, count = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local groups = {}

local function holds(key, kind)
  local found = redis.call('TYPE', key).ok
  return found == kind or found == 'none'
end

-- The key that keeps jobs of this group from being parked, or from starting.
local function broken_key(group)
  if not holds(group.parked, 'list') then return group.parked end
  if not holds(index, 'zset') then return index end
  if not holds(KEYS[4], 'zset') then return KEYS[4] end
  if #group.slots > 0 and not holds(KEYS[3], 'set') then return KEYS[3] end
end

local function group(number)
  if not groups[number] then
    groups[number] = limits.group(number, size, 5 + others, 6, now)
    groups[number].broken = broken_key(groups[number])
    groups[number].crowd = groups[number].broken and 0 or redis.call('LLEN', groups[number].parked)
  end
  return groups[number]
end

local reply, margin = { 0, -1, now, 0 }, 15000
for at = 6 + 4 * size + (1 + size) * count, #ARGV, 2 do
  local field, group = ARGV[at], group(tonumber(ARGV[at + 1]))
  local sequence, queue = string.match(field, '^(%d+):(.*)$')
  local name = ARGV[1] .. ':' .. sequence
  local payload = redis.call('HGET', inflight, field)
  margin = math.min(margin, group.margin)
  reply[4] = math.max(reply[4], group.undeclared or 0)
  local verdict = -1
  if payload and group.broken then
    verdict = group.broken
  elseif payload then
    local room, wait = 0, nil
    -- Who comes while others wait for the same key waits behind them.
    if group.crowd == 0 then
      local stopping
      room, stopping, wait = limits.look_all(group, 1)
    end
    if room > 0 then
      limits.charge_all(group, 1, { name }, '')
      for _, slots in ipairs(group.slots) do redis.call('SADD', KEYS[3], slots) end
      verdict = 1
    else
      -- A script is not rolled back: it arrives before it leaves.
      redis.call('RPUSH', group.parked, string.format('%.0f:', #queue) .. queue .. payload)
      redis.call('HDEL', inflight, field)
      for _, slots in ipairs(group.slots) do redis.pcall('HDEL', slots, name) end
      for i = 5, 4 + others do redis.pcall('HDEL', KEYS[i], name) end
      group.crowd = group.crowd + 1
      if wait then
        redis.call('ZADD', index, string.format('%.0f', now + wait), group.name)
      else
        -- It is there, unless it was lost: then nobody would look after these jobs any more.
        redis.call('ZADD', index, 'NX', string.format('%.0f', now), group.name)
      end
      redis.call('ZADD', KEYS[4], string.format('%.0f', now), ARGV[5])
      verdict = 0
    end
  end
  reply[#reply + 1] = verdict
end
reply[1] = margin
local first = redis.pcall('ZRANGE', index, 0, 0, 'WITHSCORES')
if first[2] then reply[2] = limits.wait_for(first[2], now) end
return reply
