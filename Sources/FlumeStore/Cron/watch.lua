-- Says what became of the entries of a cron schedule, and keeps them in force.
--
-- The state has for each entry: `timing` (expression and zone), `tick` (seconds: the time it was last judged for, the
-- mark that makes each tick run once), `was` (a mark that was given up because the clock went back), `enabled`, `written` (what the file says to that), and of its last job `ran` (its
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
local seconds, was = tonumber(time[1]), {}
for at = 1, #state, 2 do
  local name = string.match(state[at], '^was:(.*)$')
  if name then was[name] = tonumber(state[at + 1]) or 0 end
end
for at = 1, #state, 2 do
  local name = string.match(state[at], '^tick:(.*)$')
  local mark = name and tonumber(state[at + 1]) or 0
  local judged = name and was[name]
  if mark > seconds + 3600 then
    -- Redis's clock was far ahead, or is far behind now: without this an entry would rest until that time comes.
    redis.call('HSET', KEYS[2], state[at], time[1], 'was:' .. name, state[at + 1])
    state[at + 1] = time[1]
  elseif judged and judged <= seconds then
    -- It was behind and is right again: the ticks up to then had run before it went back.
    redis.call('HDEL', KEYS[2], 'was:' .. name)
    if judged > mark then
      state[at + 1] = string.format('%.0f', judged)
      redis.call('HSET', KEYS[2], state[at], state[at + 1])
    end
  end
end
return {1, now, state}
