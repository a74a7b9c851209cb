-- A page of a sorted set. Reads only.
--
-- KEYS  1 sorted set
-- ARGV  1 how many members to pass over   2 how many to read at most
--       3 `oldest` or `newest`: from which end; `score`: only those of a score   4 that score
-- Returns {1 if there were more but the page is large enough, else 0, {member, score, member, score…}}

local first, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local members, count, bytes, step, has_more = {}, 0, 0, 10, 0
-- A reply has an end: what comes after so many bytes has to wait for the next page.
while count < most and has_more == 0 do
  local from, size = first + count, math.min(step, most - count)
  local part
  if ARGV[3] == 'score' then
    part = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[4], ARGV[4], 'WITHSCORES', 'LIMIT', from, size)
  else
    part = redis.call(ARGV[3] == 'newest' and 'ZREVRANGE' or 'ZRANGE', KEYS[1], from, from + size - 1, 'WITHSCORES')
  end
  for i = 1, #part, 2 do
    if bytes >= 32 * 1024 * 1024 then
      has_more = 1
      break
    end
    members[#members + 1] = part[i]
    members[#members + 1] = part[i + 1]
    count = count + 1
    bytes = bytes + #part[i]
  end
  if #part < 2 * size then break end
  -- Small members are read in few steps, and of large ones not many more than are replied.
  if bytes < 1024 * 1024 then step = math.min(2 * step, 250) else step = 10 end
end
return { has_more, members }
