-- How the dead set forgets. It is put in front of the scripts that bury.

-- The dead set is to hold no job older than so many seconds, and its youngest up to a rank counted from the end: -1 is the
-- last to go of all. At most a thousand go at a time: a set that is far too large, because its bounds were lowered, is not
-- to keep Redis from others.
local function trim(dead, seconds, last_rank, now)
  local old = redis.pcall('ZCOUNT', dead, '-inf', string.format('%.6f', now - seconds))
  local size = redis.pcall('ZCARD', dead)
  if type(old) ~= 'number' or type(size) ~= 'number' then return end
  local count = math.min(1000, math.max(old, size + last_rank + 1))
  if count > 0 then redis.pcall('ZREMRANGEBYRANK', dead, 0, count - 1) end
end

