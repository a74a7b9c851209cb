-- Moves up to so many jobs out of queues and into the in-flight record of one process.
--
-- KEYS  1 lease of the process   2 its in-flight hash   3 the set `paused`   4… queue lists, in the order to look at them
-- ARGV  1 epoch the process believes it holds   2 lease in ms   3 first sequence number   4 how many jobs at most
--       5… for each queue its name and its quota: how many to take from it before the others had their turn
-- Returns {'held', {names of paused queues}, {index of a queue, payload, payload…}…, or an error string in place of payloads}
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

local function take(queue, count)
  local key, name = KEYS[3 + queue], ARGV[3 + 2 * queue]
  while left > 0 and count > 0 and not is_paused[name] do
    -- `unpack` puts everything on Lua's stack, which ends at 8,000.
    local page = math.min(left, count, 1000)
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
    for i = 1, found do
      local payload = jobs[found + 1 - i]
      fields[2 * i - 1] = string.format('%.0f:%s', sequence, name)
      fields[2 * i] = payload
      taken[i + 1] = payload
      sequence = sequence + 1
    end
    redis.call('HSET', KEYS[2], unpack(fields))
    redis.call('LTRIM', key, 0, -found - 1)
    left, count = left - found, count - found
    reply[#reply + 1] = taken
    if found < page then return end
  end
end

local queues = #KEYS - 3
for queue = 1, queues do take(queue, tonumber(ARGV[4 + 2 * queue])) end
for queue = 1, queues do take(queue, left) end
return reply
