-- Moves due jobs to their queues: each arrives there and leaves the set in the same step, and whoever is first moves it.
--
-- KEYS  1 the sorted set   2 `dead`   3 the set `queues`   4… queue lists, named by their index below
-- ARGV  1 seconds a dead job is kept   2 last rank to trim from `dead`
--       then for each job: the member, index of its queue's key (0: it cannot be run, to `dead`), queue name, new payload
-- Returns for each job 1: moved now   0: it was gone   or Redis's words why it could not arrive, in which case it stays

-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('ZREMRANGEBYRANK', KEYS[1], 1, 0)

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local reply = {}
local to_trim = false
for at = 3, #ARGV, 4 do
  local member, key, name, payload = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3]
  if not redis.call('ZSCORE', KEYS[1], member) then
    reply[#reply + 1] = 0
  else
    local said
    if key == 0 then
      said = redis.pcall('ZADD', KEYS[2], string.format('%.6f', now), payload)
      to_trim = true
    else
      said = redis.pcall('LPUSH', KEYS[key], payload)
    end
    if type(said) == 'table' then
      reply[#reply + 1] = said.err
    else
      if key ~= 0 then redis.pcall('SADD', KEYS[3], name) end
      redis.call('ZREM', KEYS[1], member)
      reply[#reply + 1] = 1
    end
  end
end
if to_trim then trim(KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), now) end
return reply
