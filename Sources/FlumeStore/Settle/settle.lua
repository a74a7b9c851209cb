-- The one door out of an in-flight record: a job leaves it and arrives where it goes next in the same step.
-- Sent twice it does nothing the second time, because a job that has left cannot leave again.
--
-- KEYS  1 in-flight hash   2 lease of its process   3 `retry`   4 `schedule`   5 `dead`   6 the set `queues`
--       7… slots that the jobs may hold   then queue lists, recovery counters and locks, named by their index below
-- ARGV  1 seconds a dead job is kept   2 last rank to trim from `dead`   3 ms a recovery counter is kept
--       4 how many slots keys   5 identity whose jobs these are   6 number of jobs that are done   then their fields
--       then for each slots key: how many jobs may hold a slot there, and their sequence numbers
--       then for each other job: its field; perhaps `release`, a lock and the jid that may hold it, or `pass`, the same and
--       the jid that gets it and for how many ms; a verb, and what the verb wants
--         done                                        → nowhere
--         retry    seconds from now, payload          → `retry`
--         schedule seconds from now, payload          → `schedule`
--         dead     payload                            → `dead`, trimmed
--         front    key, queue name, payload           → runs next in that queue
--         back     key, queue name, payload           → runs last in that queue
--         recover  key, queue name, payload, counter key, limit, payload for `dead`, seconds from now, payload for
--                  `schedule` → front; one short of the limit `schedule`; at the limit `dead`
-- Returns {lease of the process or false, how many of the done were still in flight, then for each other job
--         1: it has left   2: recovered into `dead`   0: it was not there (settled before, or recovered by somebody else)
--         or Redis's words why it could not arrive, in which case it has not left}

local inflight = KEYS[1]
local slot_keys, identity = tonumber(ARGV[4]), ARGV[5]
local done = tonumber(ARGV[6])
local left
if done > 0 then
  left = redis.call('HDEL', inflight, unpack(ARGV, 7, 6 + done))
else
  -- A first write that needs no memory lets the later ones through while Redis is out of it.
  left = redis.call('HDEL', inflight, '')
end
local reply = { redis.call('GET', KEYS[2]), left }

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
-- Lua's own number format keeps 14 digits, which is a tenth of a millisecond less than a score needs.
local function score(delay) return string.format('%.6f', now + delay) end

local at = 7 + done
local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- Whoever leaves the record gives back the slots it holds, in the same step: each job its own. Not every job at every key:
-- with as many keys as jobs that would keep Redis from others for long.
local holders, stays = {}, {}
for i = 1, slot_keys do
  local sequences = {}
  for n = 1, tonumber(take()) do sequences[n] = take() end
  holders[i] = sequences
end

-- Each reads its arguments and answers what Redis said to the write.
local arrive = {}

function arrive.done(go) return go end

-- A set takes the same bytes once only, and two jobs may have the same: the second gets a blank at its end, which no reader
-- of JSON minds.
local function add(set, delay, payload)
  for _ = 1, 1000 do
    local said = redis.pcall('ZADD', set, 'NX', score(delay), payload)
    if said ~= 0 then return said end
    payload = payload .. ' '
  end
  return { err = 'a thousand jobs with the same bytes wait there already' }
end

function arrive.retry(go)
  local delay, payload = tonumber(take()), take()
  return go and add(KEYS[3], delay, payload)
end

function arrive.schedule(go)
  local delay, payload = tonumber(take()), take()
  return go and add(KEYS[4], delay, payload)
end

local to_trim = false
local function bury(payload)
  to_trim = true
  return redis.pcall('ZADD', KEYS[5], score(0), payload)
end

function arrive.dead(go)
  local payload = take()
  return go and bury(payload)
end

local function enqueue(push, go)
  local key, name, payload = KEYS[tonumber(take())], take(), take()
  if not go then return end
  local said = redis.pcall(push, key, payload)
  if type(said) == 'number' then redis.pcall('SADD', KEYS[6], name) end
  return said
end

function arrive.front(go) return enqueue('RPUSH', go) end
function arrive.back(go) return enqueue('LPUSH', go) end

function arrive.recover(go)
  local key, name, payload = KEYS[tonumber(take())], take(), take()
  local counter, limit, obituary = KEYS[tonumber(take())], tonumber(take()), take()
  local delay, delayed = tonumber(take()), take()
  if not go then return end
  local times = (tonumber(redis.call('GET', counter)) or 0) + 1
  if times >= limit then return bury(obituary), 2 end
  local said = 0
  if times == limit - 1 then said = redis.pcall('ZADD', KEYS[4], 'NX', score(delay), delayed) end
  -- 0 also when `schedule` has the very same bytes: it would swallow the second.
  if said == 0 then said = redis.pcall('RPUSH', key, payload) end
  if type(said) == 'number' then
    redis.pcall('SADD', KEYS[6], name)
    -- Counted only once it has arrived: a queue that refuses it kills no process.
    redis.pcall('SET', counter, times, 'PX', ARGV[3])
  end
  return said
end

while at <= #ARGV do
  local field, verb = take(), take()
  local lock, holder, heir, life
  if verb == 'release' then
    lock, holder, verb = KEYS[tonumber(take())], take(), take()
  elseif verb == 'pass' then
    lock, holder, heir, life, verb = KEYS[tonumber(take())], take(), take(), take(), take()
  end
  local is_there = redis.call('HEXISTS', inflight, field) == 1
  local said, verdict = arrive[verb](is_there)
  if not is_there then
    reply[#reply + 1] = 0
  elseif type(said) == 'table' then
    -- A script is not rolled back: what could not arrive must not leave.
    stays[string.match(field, '^%d*')] = true
    reply[#reply + 1] = said.err
  else
    redis.call('HDEL', inflight, field)
    -- Another job may hold it: it lasts for a time only. And a job that is recovered keeps it until it dies.
    if lock and (verb ~= 'recover' or verdict == 2) and redis.pcall('GET', lock) == holder then
      if heir then redis.pcall('SET', lock, heir, 'PX', life) else redis.pcall('DEL', lock) end
    end
    reply[#reply + 1] = verdict or 1
  end
end

for i, sequences in ipairs(holders) do
  local names = {}
  for _, sequence in ipairs(sequences) do
    if not stays[sequence] then names[#names + 1] = identity .. ':' .. sequence end
  end
  if #names > 0 then redis.pcall('HDEL', KEYS[6 + i], unpack(names)) end
end

if to_trim then trim(KEYS[5], tonumber(ARGV[1]), tonumber(ARGV[2]), now) end
return reply
