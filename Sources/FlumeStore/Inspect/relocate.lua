-- Moves members of a sorted set: each arrives where it goes and leaves the set in the same step, by whoever comes first.
--
-- KEYS  1 the sorted set   2 `dead`   3 the set `queues`   4… queue lists and locks, named by their index below
-- ARGV  1 seconds a dead job is kept   2 last rank to trim from `dead`
--       then for each member: the member, index of its lock (0: none), jid that may hold it, a verb, and what it wants
--         delete                             → nowhere
--         dead   payload                     → `dead`, trimmed
--         back   key, queue name, payload    → runs last in that queue
--         front  key, queue name, payload    → runs next in that queue
--         at     score                       → stays, due at that time
-- Returns for each 1: moved now   0: it was gone   or Redis's words why it could not arrive, in which case it stays

-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('ZREMRANGEBYRANK', KEYS[1], 1, 0)

local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local at = 3
local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- Each reads its arguments and answers what Redis said to the write.
local arrive = {}

function arrive.delete(go) return go end

local to_trim = false
function arrive.dead(go)
  local payload = take()
  if not go then return end
  to_trim = true
  return redis.pcall('ZADD', KEYS[2], string.format('%.6f', now), payload)
end

local function enqueue(push, go)
  local key, name, payload = KEYS[tonumber(take())], take(), take()
  if not go then return end
  local said = redis.pcall(push, key, payload)
  if type(said) == 'number' then redis.pcall('SADD', KEYS[3], name) end
  return said
end

function arrive.back(go) return enqueue('LPUSH', go) end
function arrive.front(go) return enqueue('RPUSH', go) end

function arrive.at(go, member)
  local score = take()
  return go and redis.pcall('ZADD', KEYS[1], 'XX', score, member)
end

local reply = {}
while at <= #ARGV do
  local member, lock, holder, verb = take(), tonumber(take()), take(), take()
  local is_there = redis.call('ZSCORE', KEYS[1], member)
  local said = arrive[verb](is_there, member)
  if not is_there then
    reply[#reply + 1] = 0
  elseif type(said) == 'table' then
    -- A script is not rolled back: what could not arrive must not leave.
    reply[#reply + 1] = said.err
  else
    if verb ~= 'at' then redis.call('ZREM', KEYS[1], member) end
    if lock > 0 and redis.pcall('GET', KEYS[lock]) == holder then redis.pcall('DEL', KEYS[lock]) end
    reply[#reply + 1] = 1
  end
end
if to_trim then trim(KEYS[2], tonumber(ARGV[1]), tonumber(ARGV[2]), now) end
return reply
