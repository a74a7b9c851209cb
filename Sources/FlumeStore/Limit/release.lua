-- Puts jobs that wait for one key of a limit into their queues, those that came last first: the oldest is the next to run.
--
-- KEYS  1 list of the jobs   2 keys with parked jobs, by when they have room   3 places with parked jobs   4 the set `queues`
--       5… lists of queues
-- ARGV  1 name of the key   2 name of the place   3 how many jobs at most   4… the names of those queues
-- Returns {how many were moved, name of a queue that is not among those, or '', Redis's words why a job could not arrive, or ''}

local parked, limit = KEYS[1], tonumber(ARGV[3])
-- Changes nothing and needs no memory, and opens the script to writes while Redis is out of it.
redis.call('LTRIM', parked, 0, -1)
local lists = {}
for i = 4, #ARGV do lists[ARGV[i]] = KEYS[i + 1] end
local jobs = redis.call('LRANGE', parked, -limit, -1)
local moved, unknown, problem = 0, '', ''
for i = #jobs, 1, -1 do
  local length, colon = string.match(jobs[i], '^(%d+)():')
  if not length then
    problem = 'what waits there is no job'
    break
  end
  local queue = string.sub(jobs[i], colon + 1, colon + length)
  if not lists[queue] then
    unknown = queue
    break
  end
  local said = redis.pcall('RPUSH', lists[queue], string.sub(jobs[i], colon + length + 1))
  -- A script is not rolled back: what could not arrive must not leave.
  if type(said) == 'table' then
    problem = said.err
    break
  end
  redis.pcall('SADD', KEYS[4], queue)
  moved = moved + 1
end
if moved > 0 then redis.call('LTRIM', parked, 0, -moved - 1) end
if redis.call('EXISTS', parked) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('ZREM', KEYS[3], ARGV[2]) end
return { moved, unknown, problem }
