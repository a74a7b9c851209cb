-- After fetches whose reply was lost, or that were left with Redis: which jobs did they put in flight? Raises the epoch
-- first, so that such a fetch, should Redis come to it only now, takes nothing any more.
--
-- KEYS  1 lease   2 in-flight hash   3 the set of processes that may have jobs in flight
-- ARGV  1 new epoch   2 lease in ms   3 identity   4… of each fetch its first sequence number and how many it asked for
-- Returns {'held', field, payload, field, payload…} or {'buried'}

local lease = redis.call('GET', KEYS[1])
if lease == 'buried' then return { 'buried' } end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if not lease or tonumber(lease) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
redis.call('SADD', KEYS[3], ARGV[3])

local function is_wanted(sequence)
  for i = 4, #ARGV, 2 do
    local first = tonumber(ARGV[i])
    if sequence >= first and sequence < first + tonumber(ARGV[i + 1]) then return true end
  end
  return false
end

local reply = { 'held' }
-- In pieces, of which only what is wanted is kept: all that a process has in flight may be a lot. A scan may tell a field
-- twice.
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
