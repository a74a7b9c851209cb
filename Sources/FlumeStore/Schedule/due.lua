-- Which members of `retry` and `schedule` are due by Redis's clock, and when the next one will be. Reads only.
--
-- KEYS  1… sorted sets
-- ARGV  1 how many members at most of each set   2… for each set how many of its first members to pass over
-- Returns for each set {microseconds until the first one that is not due or false, 1 if more are due, member, member…}

local time = redis.call('TIME')
local now = string.format('%.0f.%06d', tonumber(time[1]), tonumber(time[2]))
local most, reply = tonumber(ARGV[1]), {}
for i, set in ipairs(KEYS) do
  -- They go out and, twice as large, come back in one command: what comes after so many bytes has to wait for the next.
  local members, bytes, found = {}, 0, 0
  repeat
    local page = math.min(10, most - #members)
    local part = redis.call('ZRANGEBYSCORE', set, '-inf', now, 'LIMIT', ARGV[1 + i] + #members, page)
    found = #part
    local room = bytes < 32 * 1024 * 1024
    for _, member in ipairs(part) do
      if bytes < 32 * 1024 * 1024 then
        members[#members + 1] = member
        bytes = bytes + #member
      else
        room = false
      end
    end
  until not room or found < page or #members >= most
  local more = (#members >= most or bytes >= 32 * 1024 * 1024) and 1 or 0
  local upcoming = redis.call('ZRANGEBYSCORE', set, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  local wait = false
  if upcoming[2] then
    local seconds = tonumber(upcoming[2]) - tonumber(now)
    -- A score may be `inf`, and an integer reply cannot.
    wait = math.ceil(math.min(seconds, 86400) * 1000000)
  end
  table.insert(members, 1, wait)
  table.insert(members, 2, more)
  reply[i] = members
end
return reply
