-- Takes up to so many jobs out of one queue, for a fetch that waited in Redis until the queue had one. What fetch.lua does,
-- without all that only a busy worker needs: an idle one waits for each microsecond of it.
--
-- It does not renew the lease: having waited here says nothing about the process that left it.
--
-- KEYS  1 lease of the process   2 its in-flight hash   3 the set `paused`   4 queue list
-- ARGV  1 epoch the process believes it holds   2 first sequence number   3 how many jobs at most   4 the queue's name
-- Returns as fetch.lua does

local lease = redis.call('GET', KEYS[1])
if lease ~= ARGV[1] then return { not lease and 'lapsed' or lease == 'buried' and lease or 'stale' } end
local paused = redis.call('SMEMBERS', KEYS[3])
for _, name in ipairs(paused) do
  if name == ARGV[4] then return { 'held', paused } end
end

local jobs = redis.pcall('LRANGE', KEYS[4], -ARGV[3], -1)
if jobs.err then return { 'held', paused, { 1, jobs } } end
local count = #jobs
if count == 0 then return { 'held', paused } end

-- Changes nothing; and, being a write that needs no memory, opens the script to writes while Redis is out of memory.
redis.call('HDEL', KEYS[2], '')

-- A script is not rolled back: jobs arrive before they leave, so that no error between the two can lose them. A reply that
-- is too large for the client would never arrive: what comes after so many bytes stays in the queue.
local taken, bytes = { 1 }, 0
for i = 1, count do
  if bytes >= 64 * 1024 * 1024 then
    count = i - 1
    break
  end
  local payload = jobs[#jobs + 1 - i]
  redis.call('HSET', KEYS[2], string.format('%.0f:%s', ARGV[2] + i - 1, ARGV[4]), payload)
  taken[i + 1], bytes = payload, bytes + #payload
end
redis.call('LTRIM', KEYS[4], 0, -count - 1)
return { 'held', paused, taken }
