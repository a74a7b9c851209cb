-- Writes the numbers of a limit where all processes read them. The last change wins.
--
-- KEYS  1 settings   2 meter   3 the set of all limits
-- ARGV  1 name   2 kind   3 count   4 scale   5 burst
-- Returns {'new'} or {'same'} or {'changed' | 'refused', kind, count, scale and burst that were there}
--         refused: slots and rates cannot take each other's name

local stored = redis.call('HMGET', KEYS[1], 'kind', 'count', 'scale', 'burst')
redis.call('PERSIST', KEYS[1])
local verdict = { 'same' }
if not stored[1] then
  verdict = { 'new' }
elseif (stored[1] == 'slots') ~= (ARGV[2] == 'slots') then
  return { 'refused', unpack(stored) }
else
  for i = 1, 4 do
    if stored[i] ~= ARGV[1 + i] then verdict = { 'changed', unpack(stored) } end
  end
end
redis.call('SADD', KEYS[3], ARGV[1])
if verdict[1] == 'same' then return verdict end
if stored[1] and stored[1] ~= ARGV[2] then redis.call('DEL', KEYS[2]) end
redis.call('HSET', KEYS[1], 'kind', ARGV[2], 'count', ARGV[3], 'scale', ARGV[4], 'burst', ARGV[5])
redis.call('HINCRBY', KEYS[1], 'revision', 1)
return verdict
