-- Tells a live process to do something.
--
-- KEYS  1 lease of the process   2 the list of commands for it
-- ARGV  1 command   2 for how many ms it waits to be read
-- Returns 1, or 0 when no such process lives: then nothing was written

local lease = redis.call('GET', KEYS[1])
if not lease or lease == 'buried' then return 0 end
-- Needs no memory, and opens the script to writes while Redis is out of it.
redis.call('LREM', KEYS[2], 1, ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
