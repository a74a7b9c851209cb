-- Sends a process a signal, as Sidekiq's Web UI does.
--
-- KEYS  1 hash of the process   2 the list of signals for it
-- ARGV  1 signal   2 for how many seconds it waits to be read
-- Returns 1, or 0 when there is no such process: then nothing was written

if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
-- Needs no memory, and opens the script to writes while Redis is out of it.
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('LPUSH', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return 1
