-- Takes parked jobs whose key has room again into the in-flight record, oldest first within each key.
--
-- KEYS  1 lease of the process   2 its in-flight hash   3 keys with parked jobs, by when they have room
--       4 lists of slots   5 the set `paused`   6 places with parked jobs   7 the set `queues`
--       8… lists of queues this process has left   then what `limits.group` reads
--       then settings, meter, slots and back-off of each further limit
-- ARGV  1 epoch   2 lease in ms   3 first sequence number   4 how many jobs at most   5 identity   6 how many limits by key
--       7 the keys of how many jobs   8 name of the place
--       9 how many queues this process does not read just now, then their names
--       then how many it has left for good, then their names: what is parked from those goes back
--       then what `limits.group` reads
--       then for each further limit its kind, count, scale and burst; then patience; then how many limits
-- Returns {'held', µs a start may come later, µs until the next key has room or -1, Redis's time in µs,
--          {keys that hold something of another type, or what is no job}, {name of a key, field, payload, field, payload…}…}
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
local is_closed, list_of, found_closed = {}, {}, false
local at = 10 + tonumber(ARGV[9])
for i = 10, at - 1 do is_closed[ARGV[i]] = true end
local lists = tonumber(ARGV[at])
for i = 1, lists do
  local is = redis.call('TYPE', KEYS[7 + i]).ok
  if is == 'list' or is == 'none' then list_of[ARGV[at + i]] = KEYS[7 + i] end
end
local settings_at, groups_at = 8 + lists, at + lists + 1

-- A reply that is too large for the client would never arrive: what comes after so many bytes comes with the next call.
-- The first jobs tell how large the others may be.
local most_bytes, bytes, page_size = 64 * 1024 * 1024, 0, 16

-- The jobs at the head of a list that may start; those between them whose queue was left; and why the one behind them may
-- not start: 'paused', 'closed', or 'broken' for what is no job. Nothing is written before all are read: a script is not
-- rolled back.
local function read(parked, most)
  local jobs, strays, count = {}, {}, 0
  while #jobs < most and count < 1000 and bytes < most_bytes do
    local page = math.min(most - #jobs, page_size)
    local found = redis.call('LRANGE', parked, count, count + page - 1)
    for _, job in ipairs(found) do
      local length, colon = string.match(job, '^(%d+)():')
      if not length or colon + length > #job then return jobs, strays, 'broken' end
      local queue, payload = string.sub(job, colon + 1, colon + length), string.sub(job, colon + length + 1)
      if list_of[queue] then
        strays[#strays + 1] = { queue, payload }
      elseif is_paused[queue] then
        return jobs, strays, 'paused'
      elseif is_closed[queue] then
        return jobs, strays, 'closed'
      else
        jobs[#jobs + 1] = { queue, payload }
      end
      count, bytes = count + 1, bytes + #job
      if bytes >= most_bytes then return jobs, strays end
    end
    if #found < page then break end
    if bytes < 1024 * 1024 then page_size = 1000 end
  end
  return jobs, strays
end

for number = 1, tonumber(ARGV[7]) do
  local group = limits.group(number, tonumber(ARGV[6]), settings_at, groups_at, now)
  local parked, name = group.parked, group.name
  margin = math.min(margin, group.margin)
  local room, _, wait = limits.look_all(group, 1)
  local jobs, strays, stop = {}, {}, nil
  local kind = redis.call('TYPE', parked).ok
  if kind ~= 'list' and kind ~= 'none' then
    stop = 'broken'
  elseif room > 0 and left > 0 then
    jobs, strays, stop = read(parked, math.min(room, left, 1000))
  end
  local names, fields, part = {}, {}, { name }
  for i, job in ipairs(jobs) do
    local field = string.format('%.0f:', sequence) .. job[1]
    fields[2 * i - 1], fields[2 * i] = field, job[2]
    part[2 * i], part[2 * i + 1] = field, job[2]
    names[i] = string.format('%s:%.0f', ARGV[5], sequence)
    taken[#taken + 1] = names[i]
    sequence = sequence + 1
  end
  -- They arrive before they leave.
  if #jobs > 0 then redis.call('HSET', KEYS[2], unpack(fields)) end
  -- Those that came last first: the oldest is the next to run.
  for i = #strays, 1, -1 do
    redis.call('RPUSH', list_of[strays[i][1]], strays[i][2])
    redis.pcall('SADD', KEYS[7], strays[i][1])
  end
  if #jobs + #strays > 0 then redis.call('LTRIM', parked, #jobs + #strays, -1) end
  if #jobs > 0 then
    left = left - #jobs
    limits.charge_all(group, #names, names, '')
    for _, slots in ipairs(group.slots) do redis.pcall('SADD', KEYS[4], slots) end
    reply[#reply + 1] = part
    room, _, wait = limits.look_all(group, 1)
  end
  if stop == 'broken' then broken[#broken + 1] = parked end
  -- What is broken is looked at again when keys of paused queues are: somebody may have put that right.
  if stop == 'broken' or stop == 'paused' then room, wait = 0, pause end
  if stop == 'closed' then found_closed = true end
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
  reply[3] = limits.wait_for(first[2], now)
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
