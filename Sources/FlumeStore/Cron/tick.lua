-- Enqueues the jobs of ticks of one cron entry: those that no process has enqueued before.
--
-- KEYS  1 digest of the entries in force   2 hash of their state   3 the set `queues`   4… queue lists
-- ARGV  1 digest of the entries of this process   2 name of the entry
--       3… for each tick, oldest first: seconds, index of its queue's key (0: no job), queue name, jid, payload
-- Returns the number of jobs enqueued, or -1 when the entries of this process are not in force

if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local name = ARGV[2]
if redis.call('HGET', KEYS[2], 'enabled:' .. name) ~= '1' then return 0 end
local mark = tonumber(redis.call('HGET', KEYS[2], 'tick:' .. name)) or 0
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2]))

-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('HDEL', KEYS[2], '')
local count = 0
for at = 3, #ARGV, 5 do
  local tick, key, queue, jid, payload = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3],
    ARGV[at + 4]
  if tick > mark then
    if key ~= 0 then
      -- The job arrives before the mark is set: what cannot arrive is tried again.
      local said = redis.pcall('LPUSH', KEYS[key], payload)
      if type(said) == 'table' then return redis.error_reply(said.err) end
      redis.pcall('SADD', KEYS[3], queue)
      redis.call('HSET', KEYS[2], 'ran:' .. name, ARGV[at], 'at:' .. name, now, 'jid:' .. name, jid)
      count = count + 1
    end
    redis.call('HSET', KEYS[2], 'tick:' .. name, ARGV[at])
    mark = tick
  end
end
return count
