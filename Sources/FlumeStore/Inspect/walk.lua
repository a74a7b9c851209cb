-- A page of a queue, from its newest job on. Reads only.
--
-- Others push and take between two pages, so a place is told together with the length the queue had then: what was pushed
-- since has moved it on by one each, what has left moves nothing that is not yet read out of reach.
--
-- KEYS  1 queue list
-- ARGV  1 how many jobs were read before   2 length of the queue then, or -1   3 how many jobs at most
--       4 text that a job has to contain, empty for none
-- Returns {length now, place of the first job that was read, how many were read, then for each that fits its place, job}

local length = redis.call('LLEN', KEYS[1])
local first, before = tonumber(ARGV[1]), tonumber(ARGV[2])
if before >= 0 then first = math.max(0, first + length - before) end
local jobs = redis.call('LRANGE', KEYS[1], first, first + ARGV[3] - 1)
local reply = { length, first, #jobs }
for i, job in ipairs(jobs) do
  if ARGV[4] == '' or string.find(job, ARGV[4], 1, true) then
    reply[#reply + 1] = first + i - 1
    reply[#reply + 1] = job
  end
end
return reply
