-- Says what became of the entries of a cron schedule, and keeps them in force.
--
-- The state has for each entry: `timing` (expression and zone), `tick` (seconds: the time it was last judged for, the
-- mark that makes each tick run once), `enabled`, `written` (what the file says to that), and of its last job `ran` (its
-- tick), `at` (µs: when it was enqueued), `jid`.
--
-- KEYS  1 digest of the entries in force   2 hash of their state
-- ARGV  1 digest of the entries of this process   2 for how many ms they stay in force
-- Returns {1: in force, 0: others are, -1: none are; Redis's time in µs; {field, value, …} of the state}

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local holder = redis.call('GET', KEYS[1])
if not holder then return {-1, now, {}} end
if holder ~= ARGV[1] then return {0, now, {}} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local state = redis.call('HGETALL', KEYS[2])
for at = 1, #state, 2 do
  -- Redis's clock was far ahead and is right again: without this an entry would rest until that time comes.
  if string.sub(state[at], 1, 5) == 'tick:' and (tonumber(state[at + 1]) or 0) > tonumber(time[1]) + 3600 then
    redis.call('HSET', KEYS[2], state[at], time[1])
    state[at + 1] = time[1]
  end
end
return {1, now, state}
