-- Enqueues jobs of which some have to be the only one of their token: all of them but those whose lock is held, or none.
-- A lock that one job of the call takes is held for those behind it.
--
-- KEYS  1 the set `queues`   2 `schedule`   3… queue lists and locks, named by their index below
-- ARGV  for each job: index of its queue's key (0: to `schedule`), queue name or score, payload,
--       index of its lock (0: none), its jid, ms until the lock ends by itself
-- Returns for each job 0: written   or the jid that holds its lock

-- A script is not rolled back, so whatever can fail must fail before the first write.
local wanted = { 'set', 'zset' }
for at = 1, #ARGV, 6 do
  local queue, lock, score = tonumber(ARGV[at]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 1])
  if queue > 0 then
    wanted[queue] = 'list'
  elseif not score or score ~= score then
    return redis.error_reply('ERR ' .. ARGV[at + 1] .. ' is not a time to schedule a job for')
  end
  if lock > 0 then
    wanted[lock] = 'string'
    if (tonumber(ARGV[at + 5]) or 0) < 1 then
      return redis.error_reply('ERR ' .. ARGV[at + 5] .. ' is not a time a lock can last')
    end
  end
end
for i, key in ipairs(KEYS) do
  local is = redis.call('TYPE', key).ok
  if is ~= wanted[i] and is ~= 'none' then
    return redis.error_reply('WRONGTYPE ' .. key .. ' holds a ' .. is .. ', not a ' .. wanted[i])
  end
end

local reply = {}
for at = 1, #ARGV, 6 do
  local queue, lock = tonumber(ARGV[at]), tonumber(ARGV[at + 3])
  local holder = lock > 0 and redis.call('GET', KEYS[lock])
  if holder then
    reply[#reply + 1] = holder
  else
    if queue == 0 then
      redis.call('ZADD', KEYS[2], ARGV[at + 1], ARGV[at + 2])
    else
      redis.call('SADD', KEYS[1], ARGV[at + 1])
      redis.call('LPUSH', KEYS[queue], ARGV[at + 2])
    end
    if lock > 0 then redis.call('SET', KEYS[lock], ARGV[at + 4], 'PX', ARGV[at + 5]) end
    reply[#reply + 1] = 0
  end
end
return reply
