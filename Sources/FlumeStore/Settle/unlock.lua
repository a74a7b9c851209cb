-- Releases locks of unique jobs, each only if the job given holds it: another may have taken it when its time was up.
--
-- KEYS  locks
-- ARGV  for each the jid that may hold it
-- Returns how many were released

local released = 0
for i, key in ipairs(KEYS) do
  if redis.pcall('GET', key) == ARGV[i] then released = released + redis.call('DEL', key) end
end
return released
