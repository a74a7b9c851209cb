-- Takes a list of slots off the list of such lists when nobody holds one of them.
--
-- KEYS  1 the list of lists   2 slots
-- Returns 1 when it was taken off

if redis.call('EXISTS', KEYS[2]) == 0 then return redis.call('SREM', KEYS[1], KEYS[2]) end
return 0
