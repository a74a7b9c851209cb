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
local count, most = 0, math.min(tonumber(ARGV[3]), math.max(0, length - first))
local reply, bytes, step = { length, first, 0 }, 0, 10
-- A reply has an end: what comes after so many bytes has to wait for the next page.
while count < most and bytes < 32 * 1024 * 1024 do
  local jobs = redis.call('LRANGE', KEYS[1], first + count, first + math.min(count + step, most) - 1)
  if #jobs == 0 then break end
  for _, job in ipairs(jobs) do
    if bytes >= 32 * 1024 * 1024 then break end
    if ARGV[4] == '' or string.find(job, ARGV[4], 1, true) then
      reply[#reply + 1] = first + count
      reply[#reply + 1] = job
      bytes = bytes + #job
    end
    count = count + 1
  end
  -- Small jobs are read in few steps, and of large ones not many more than are replied.
  if bytes < 1024 * 1024 then step = math.min(2 * step, 250) else step = 10 end
end
reply[3] = count
return reply
