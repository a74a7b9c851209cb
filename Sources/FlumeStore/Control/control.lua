-- What a process asks twice a second: what is paused, and what it is told to do.
--
-- KEYS  1 the set of paused pipelines   2 the set `paused` of queues   3 commands for this process, oldest first
--       4… for each command carried out, where its sender looks for the answer
-- ARGV  1 how many commands at most
--       2… for each command carried out: its bytes, the answer, and for how many ms the answer is kept
-- Returns {{names of paused pipelines}, {names of paused queues}, {commands}}

-- A command stays in the list until it has been carried out and leaves it here, so a reply that is lost on its way to
-- the process loses no command. Sent twice, this does nothing twice.
for i = 4, #KEYS do
  local at = 2 + 3 * (i - 4)
  if redis.call('LREM', KEYS[3], 1, ARGV[at]) > 0 then
    -- Needs memory, which may be gone; then the sender sees from the list that its command was taken.
    redis.pcall('SET', KEYS[i], ARGV[at + 1], 'PX', ARGV[at + 2])
  end
end
return {
  redis.call('SMEMBERS', KEYS[1]), redis.call('SMEMBERS', KEYS[2]), redis.call('LRANGE', KEYS[3], 0, ARGV[1] - 1),
}
