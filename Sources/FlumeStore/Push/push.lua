-- Enqueues jobs for several destinations, all or none of them.
--
-- KEYS  1 the set `queues`   2 `schedule`   3… queue lists, named by their index below
-- ARGV  for each job: index of its queue's key (0: to `schedule`), queue name or score, payload
-- Returns the number of jobs written

-- A script is not rolled back, so whatever can fail must fail before the first write.
for i, key in ipairs(KEYS) do
  local want = i == 1 and 'set' or i == 2 and 'zset' or 'list'
  local is = redis.call('TYPE', key).ok
  if is ~= want and is ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. is .. ', not a ' .. want)
  end
end
for at = 2, #ARGV, 3 do
  local score = tonumber(ARGV[at])
  -- Lua reads `nan` as a number, which is not even itself; ZADD refuses it, when it is too late.
  if ARGV[at - 1] == '0' and (not score or score ~= score) then
    return redis.error_reply('ERR ' .. ARGV[at] .. ' is not a time to schedule a job for')
  end
end
for at = 1, #ARGV, 3 do
  local key = tonumber(ARGV[at])
  if key == 0 then
    redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at + 2])
  else
    redis.call('SADD', KEYS[1], ARGV[at + 1])
    redis.call('LPUSH', KEYS[key], ARGV[at + 2])
  end
end
return #ARGV / 3
