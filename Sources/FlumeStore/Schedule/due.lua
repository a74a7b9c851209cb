-- Which members of `retry` and `schedule` are due by Redis's clock, and when the next one will be. Reads only.
--
-- KEYS  1… sorted sets
-- ARGV  1 how many members at most of each set   2… for each set how many of its first members to pass over
-- Returns for each set {microseconds until the first one that is not due or false, member, member…}

local time = redis.call('TIME')
local now = string.format('%.0f.%06d', tonumber(time[1]), tonumber(time[2]))
local reply = {}
for i, set in ipairs(KEYS) do
  local members = redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', ARGV[1 + i], ARGV[1])
  local upcoming = redis.call('ZRANGEBYSCORE', set, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local wait = false
  if upcoming[2] then
    local seconds = tonumber(upcoming[2]) - tonumber(now)
    -- A score may be `inf`, and an integer reply cannot.
    wait = math.ceil(math.min(seconds, 86400) * 1000000)
  end
  table.insert(members, 1, wait)
  reply[i] = members
end
return reply
