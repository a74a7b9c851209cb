-- After fetches whose reply was lost, or that were left with Redis: which jobs did they put in flight? Raises the epoch
-- first, so that such a fetch, should Redis come to it only now, takes nothing any more.
--
-- KEYS  1 lease   2 in-flight hash   3 the set of processes that may have jobs in flight
-- ARGV  1 new epoch   2 lease in ms   3 identity
--       4… of each fetch its first sequence number, how many it asked for, and the name of its queue; '' for several queues
-- Returns {'held', field, payload, field, payload…} or {'buried'}

local lease = redis.call('GET', KEYS[1])
if lease == 'buried' then return { 'buried' } end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if not lease or tonumber(lease) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
redis.call('SADD', KEYS[3], ARGV[3])

local reply, ranges = { 'held' }, {}

-- Of one queue all fields are known: an idle worker takes its fetches back each time it gets busy, and what else the process
-- has in flight may be a lot.
local function look(first, count, queue)
  -- `unpack` puts everything on Lua's stack, which ends at 8,000.
  for from = first, first + count - 1, 1000 do
    local fields = {}
    for sequence = from, math.min(from + 999, first + count - 1) do
      fields[#fields + 1] = string.format('%.0f:%s', sequence, queue)
    end
    local payloads = redis.call('HMGET', KEYS[2], unpack(fields))
    for i, field in ipairs(fields) do
      if payloads[i] then
        reply[#reply + 1] = field
        reply[#reply + 1] = payloads[i]
      end
    end
  end
end

for i = 4, #ARGV, 3 do
  local first, count = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if ARGV[i + 2] ~= '' then
    look(first, count, ARGV[i + 2])
  else
    ranges[#ranges + 1] = { first, first + count }
  end
end
if #ranges == 0 then return reply end

local function is_wanted(sequence)
  for _, range in ipairs(ranges) do
    if sequence >= range[1] and sequence < range[2] then return true end
  end
  return false
end

-- In pieces, of which only what is wanted is kept. A scan may tell a field twice.
local cursor, known = '0', {}
repeat
  local piece = redis.call('HSCAN', KEYS[2], cursor, 'COUNT', 100)
  cursor = piece[1]
  for i = 1, #piece[2], 2 do
    local field = piece[2][i]
    local sequence = tonumber(string.match(field, '^(%d+):'))
    if sequence and not known[field] and is_wanted(sequence) then
      known[field] = true
      reply[#reply + 1] = field
      reply[#reply + 1] = piece[2][i + 1]
    end
  end
until cursor == '0'
return reply
