-- Moves up to so many jobs out of queues and into the in-flight record of one process.
-- In front of it stands limit.lua, or `local limits = nil` where no limit applies.
--
-- KEYS  1 lease of the process   2 its in-flight hash   3 the set `paused`   4… queue lists, in the order to look at them
--       then settings, meter, slots and back-off of each limit
-- ARGV  1 epoch the process believes it holds   2 lease in ms   3 first sequence number   4 how many jobs at most
--       5… for each queue its name and its quota: how many to take from it before the others had their turn
--       then with limits: the identity; kind, count, scale and burst of each; patience; how many limits
-- Returns {'held', {names of paused queues}, with limits {the limit that stopped it or 0, µs until it has room, µs a start
--         may come later, 1 when a limit's settings are not in Redis, Redis's time in µs}, {index of a queue, payload, payload…}…, or an error string in place of payloads}
--         or {'lapsed'}, {'stale'}, {'buried'} and takes nothing

local lease = redis.call('GET', KEYS[1])
if not lease then return { 'lapsed' } end
if lease == 'buried' then return { 'buried' } end
if lease ~= ARGV[1] then return { 'stale' } end

-- Renews the lease; and, being a write that needs no memory, opens the script to writes while Redis is out of memory,
-- so that queues go on draining just then.
redis.call('PEXPIRE', KEYS[1], ARGV[2])

local paused = redis.call('SMEMBERS', KEYS[3])
local is_paused = {}
for _, name in ipairs(paused) do is_paused[name] = true end

local sequence, left = tonumber(ARGV[3]), tonumber(ARGV[4])
local reply = { 'held', paused }

local queues, wanted, gate = #KEYS - 3, left, nil
if limits then
  gate = limits.gate()
  queues = queues - 4 * gate.size
  left = math.max(0, math.min(left, (limits.look_all(gate, 1))))
end
local allowed = left

-- A reply that is too large for the client would never arrive: what comes after so many bytes comes with the next fetch.
-- The first jobs tell how large the others may be.
local most_bytes, bytes, page_size = 64 * 1024 * 1024, 0, 16

local function take(queue, count)
  local key, name = KEYS[3 + queue], ARGV[3 + 2 * queue]
  while left > 0 and count > 0 and bytes < most_bytes and not is_paused[name] do
    -- `unpack` puts everything on Lua's stack, which ends at 8,000.
    local page = math.min(left, count, page_size)
    local jobs = redis.pcall('LRANGE', key, -page, -1)
    if jobs.err then
      reply[#reply + 1] = { queue, { err = jobs.err } }
      is_paused[name] = true
      return
    end
    local found = #jobs
    if found == 0 then return end
    -- A script is not rolled back: jobs arrive before they leave, so that no error between the two can lose them.
    local fields, taken = {}, { queue }
    local read = 0
    while read < found and bytes < most_bytes do
      local i = read + 1
      local payload = jobs[found - read]
      read, bytes = i, bytes + #payload
      fields[2 * i - 1] = string.format('%.0f:%s', sequence, name)
      fields[2 * i] = payload
      taken[i + 1] = payload
      sequence = sequence + 1
    end
    redis.call('HSET', KEYS[2], unpack(fields))
    redis.call('LTRIM', key, 0, -read - 1)
    left, count = left - read, count - read
    reply[#reply + 1] = taken
    if found < page then return end
    if bytes < 1024 * 1024 then page_size = 1000 end
  end
end

if gate then reply[3] = { 0, 0, gate.margin, gate.undeclared, gate.now } end
for queue = 1, queues do take(queue, tonumber(ARGV[4 + 2 * queue])) end
for queue = 1, queues do take(queue, left) end
if not gate then return reply end

-- Charged for what was there and not for what was asked for.
local names = {}
if gate.has_slots then
  for i = 1, allowed - left do names[i] = string.format('%s:%.0f', ARGV[#ARGV - 2 - 4 * gate.size], sequence - i) end
end
limits.charge_all(gate, allowed - left, names, '')
if left > 0 or allowed >= wanted then return reply end
for queue = 1, queues do
  local length = not is_paused[ARGV[3 + 2 * queue]] and redis.pcall('LLEN', KEYS[3 + queue])
  if type(length) == 'number' and length > 0 then
    local _, stopping, wait = limits.look_all(gate, 1)
    reply[3][1], reply[3][2] = stopping, wait
    break
  end
end
return reply
