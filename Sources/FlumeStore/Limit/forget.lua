-- Takes lists of slots off the list of such lists where nobody holds one of them.
--
-- KEYS  1 the list of lists   2… slots
-- Returns how many were taken off

local count = 0
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 0 then count = count + redis.call('SREM', KEYS[1], KEYS[i]) end
end
return count
