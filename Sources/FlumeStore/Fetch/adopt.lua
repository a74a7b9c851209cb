-- After a fetch whose reply was lost: which jobs did it put in flight? Raises the epoch first, so that the lost fetch,
-- should Redis read it from the old connection only now, takes nothing any more.
--
-- KEYS  1 lease   2 in-flight hash   3 the set of processes that may have jobs in flight
-- ARGV  1 new epoch   2 lease in ms   3 first sequence number of the lost fetch   4 how many it asked for   5 identity
-- Returns {'held', field, payload, field, payload…} or {'buried'}

local lease = redis.call('GET', KEYS[1])
if lease == 'buried' then return { 'buried' } end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if not lease or tonumber(lease) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
redis.call('SADD', KEYS[3], ARGV[5])

local first = tonumber(ARGV[3])
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
    if sequence and sequence >= first and sequence < first + tonumber(ARGV[4]) and not known[field] then
      known[field] = true
      reply[#reply + 1] = field
      reply[#reply + 1] = piece[2][i + 1]
    end
  end
until cursor == '0'
return reply
