-- Says what became of the entries of a cron schedule, and keeps them in force.
--
-- The state has for each entry: `timing` (expression and zone), `tick` (seconds: the time it was last judged for, the
-- mark that makes each tick run once), `was` (marks that were given up because the clock went back), `enabled`, `written`
-- (what the file says to that), and of its last job `ran` (its tick), `at` (µs: when it was enqueued), `jid`.
--
-- KEYS  1 digest of the entries in force   2 hash of their state
-- ARGV  1 digest of the entries of this process   2 for how many ms they stay in force
--       3… for each entry: name, by how many seconds its mark may be ahead of the clock
-- Returns {1: in force, 0: others are, -1: none are; Redis's time in µs; {field, value, …} of the state}

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local holder = redis.call('GET', KEYS[1])
if not holder then return {-1, now, {}} end
if holder ~= ARGV[1] then return {0, now, {}} end
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local state = redis.call('HGETALL', KEYS[2])
local seconds, was, rests = tonumber(time[1]), {}, {}
for at = 3, #ARGV, 2 do rests[ARGV[at]] = tonumber(ARGV[at + 1]) end
for at = 1, #state, 2 do
  local name = string.match(state[at], '^was:(.*)$')
  if name then was[name] = state[at + 1] end
end
for at = 1, #state, 2 do
  local name = string.match(state[at], '^tick:(.*)$')
  if name then
    local mark, ahead, isChanged = tonumber(state[at + 1]) or 0, {}, false
    for word in string.gmatch(was[name] or '', '%d+') do
      local judged = tonumber(word)
      if judged > seconds then
        ahead[#ahead + 1] = judged
      else
        -- The clock is again where it had been before it went back: the ticks up to then have run.
        mark, isChanged = math.max(mark, judged), true
      end
    end
    if rests[name] and mark > seconds + rests[name] then
      -- It was far ahead, or is far behind now: without this the entry would rest until that time comes.
      ahead[#ahead + 1] = mark
      mark, isChanged = seconds, true
    end
    if isChanged then
      -- A clock that goes to and fro all day makes no list without an end.
      table.sort(ahead)
      while #ahead > 10 do table.remove(ahead, 1) end
      if #ahead > 0 then
        redis.call('HSET', KEYS[2], 'was:' .. name, table.concat(ahead, ' '))
      else
        redis.call('HDEL', KEYS[2], 'was:' .. name)
      end
      state[at + 1] = string.format('%.0f', mark)
      redis.call('HSET', KEYS[2], state[at], state[at + 1])
    end
  end
end
return {1, now, state}
