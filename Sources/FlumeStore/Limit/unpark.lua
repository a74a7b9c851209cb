-- Takes parked jobs whose key has room again into the in-flight record, oldest first within each key.
--
-- KEYS  1 lease of the process   2 its in-flight hash   3 keys with parked jobs, by when they have room
--       4 lists of slots   5 the set `paused`   6 places with parked jobs   7… what `limits.group` reads
--       then settings, meter, slots and back-off of each further limit
-- ARGV  1 epoch   2 lease in ms   3 first sequence number   4 how many jobs at most   5 identity   6 how many limits by key
--       7 the keys of how many jobs   8 name of the place
--       9 how many queues this process does not read just now, then their names
--       then what `limits.group` reads
--       then for each further limit its kind, count, scale and burst; then patience; then how many limits
-- Returns {'held', µs a start may come later, µs until the next key has room or -1, Redis's time in µs,
--          {keys that hold something of another type}, {name of a key, field, payload, field, payload…}…}
--         or {'lapsed'}, {'stale'}, {'buried'} and takes nothing

local lease = redis.call('GET', KEYS[1])
if not lease then return { 'lapsed' } end
if lease == 'buried' then return { 'buried' } end
if lease ~= ARGV[1] then return { 'stale' } end
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local gate = limits.gate()
local now, index = gate.now, KEYS[3]
local sequence, left = tonumber(ARGV[3]), tonumber(ARGV[4])
left = math.max(0, math.min(left, (limits.look_all(gate, 1))))
local broken = {}
local reply, margin, taken = { 'held', 0, -1, now, broken }, gate.margin, {}
local is_paused = {}
for _, name in ipairs(redis.pcall('SMEMBERS', KEYS[5])) do is_paused[name] = true end
-- How long a key waits whose next job is of a paused queue, and how long this process waits if only it does not read that
-- queue, in µs.
local pause, closed_pause = 500000, 50000
local is_closed, groups_at, found_closed = {}, 10 + tonumber(ARGV[9]), false
for i = 10, groups_at - 1 do is_closed[ARGV[i]] = true end

for number = 1, tonumber(ARGV[7]) do
  local group = limits.group(number, tonumber(ARGV[6]), 7, groups_at, now)
  local parked, name = group.parked, group.name
  margin = math.min(margin, group.margin)
  local room, _, wait = limits.look_all(group, 1)
  local jobs = {}
  local kind = redis.call('TYPE', parked).ok
  if kind ~= 'list' and kind ~= 'none' then
    -- Looked at again when keys of paused queues are: somebody may have put that right.
    broken[#broken + 1] = parked
    room, wait = 0, pause
  end
  if room > 0 and left > 0 then jobs = redis.call('LRANGE', parked, 0, math.min(room, left, 1000) - 1) end
  local names, part, stopped = {}, { name }, false
  for i, job in ipairs(jobs) do
    local length, colon = string.match(job, '^(%d+)():')
    local queue = string.sub(job, colon + 1, colon + length)
    stopped = is_paused[queue]
    if is_closed[queue] then found_closed = true end
    if stopped or is_closed[queue] then break end
    local payload = string.sub(job, colon + length + 1)
    local field = string.format('%.0f:', sequence) .. queue
    redis.call('HSET', KEYS[2], field, payload)
    names[i] = string.format('%s:%.0f', ARGV[5], sequence)
    taken[#taken + 1] = names[i]
    part[2 * i], part[2 * i + 1] = field, payload
    sequence = sequence + 1
  end
  if #names > 0 then
    redis.call('LTRIM', parked, #names, -1)
    left = left - #names
    limits.charge_all(group, #names, names, '')
    for _, slots in ipairs(group.slots) do redis.pcall('SADD', KEYS[4], slots) end
    reply[#reply + 1] = part
    room, _, wait = limits.look_all(group, 1)
  end
  if stopped then room, wait = 0, pause end
  if redis.call('EXISTS', parked) == 0 then
    redis.call('ZREM', index, name)
  else
    redis.call('ZADD', index, string.format('%.0f', now + (room > 0 and 0 or wait)), name)
  end
end
limits.charge_all(gate, #taken, taken, '')
reply[2] = margin
local first = redis.call('ZRANGE', index, 0, 0, 'WITHSCORES')
if first[2] then
  reply[3] = math.max(0, tonumber(first[2]) - now)
else
  redis.pcall('ZREM', KEYS[6], ARGV[8])
end
if found_closed then reply[3] = math.max(reply[3], closed_pause) end
if left == 0 and reply[3] >= 0 then
  -- It was one of the further limits, or the demand, that ended this.
  local _, _, wait = limits.look_all(gate, 1)
  reply[3] = math.max(reply[3], wait)
end
return reply
