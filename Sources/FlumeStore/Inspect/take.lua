-- Takes one job out of the middle of a queue: it arrives where it goes and leaves the queue in the same step.
--
-- Only a part of the queue is searched, so that a long one keeps nobody waiting; the caller goes through it in steps.
--
-- KEYS  1 queue list   2 `dead`   3 the set `queues`   4… other queue lists and locks, named by their index below
-- ARGV  1 seconds a dead job is kept   2 last rank to trim from `dead`   3 the job   4 place where to begin to look
--       5 how many to look at   6 how near to an end of the queue a place has to be for LREM
--       7 index of its lock (0: none)   8 jid that may hold it
--       9 verb and what the verb wants
--         delete                             → nowhere
--         dead   payload                     → `dead`, trimmed
--         back   key, queue name, payload    → runs last in that queue
--         front  key, queue name, payload    → runs next in that queue
-- Returns {1: it has left, 0: not found in this part   or Redis's words why it could not arrive; length of the queue}

local queue = KEYS[1]
local length = redis.call('LLEN', queue)
local place
for i, job in ipairs(redis.call('LRANGE', queue, ARGV[4], ARGV[4] + ARGV[5] - 1)) do
  if job == ARGV[3] then
    place = ARGV[4] + i - 1
    break
  end
end
if not place then return { 0, length } end

-- Changes nothing and needs no memory, and opens the script to writes while Redis is out of it.
redis.call('LTRIM', queue, 0, -1)
local said
local verb = ARGV[9]
if verb == 'dead' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
  said = redis.pcall('ZADD', KEYS[2], string.format('%.6f', now), ARGV[10])
  if type(said) == 'number' then trim(KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), now) end
elseif verb ~= 'delete' then
  said = redis.pcall(verb == 'back' and 'LPUSH' or 'RPUSH', KEYS[tonumber(ARGV[10])], ARGV[12])
  if type(said) == 'number' then redis.pcall('SADD', KEYS[3], ARGV[11]) end
end
-- A script is not rolled back: what could not arrive must not leave.
if type(said) == 'table' then return { said.err, length } end

local near = tonumber(ARGV[6])
if place < near then
  redis.call('LREM', queue, 1, ARGV[3])
elseif length - place <= near then
  redis.call('LREM', queue, -1, ARGV[3])
else
  -- LREM would walk over all jobs from the end on. So the newest one takes its place, and runs a little sooner.
  redis.call('LSET', queue, place, redis.call('LINDEX', queue, 0))
  redis.call('LPOP', queue)
end
local lock = tonumber(ARGV[7])
if lock > 0 and redis.pcall('GET', KEYS[lock]) == ARGV[8] then redis.pcall('DEL', KEYS[lock]) end
return { 1, length }
