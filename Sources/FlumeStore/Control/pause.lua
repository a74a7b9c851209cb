-- Pauses a pipeline or a queue, also while Redis is out of memory.
--
-- KEYS  1 the set it is paused by being in
-- ARGV  1 its name
-- Returns 1 when it was not paused yet, else 0

-- Needs no memory, and opens the script to writes that do.
local was_paused = redis.call('SREM', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[1], ARGV[1])
return 1 - was_paused
