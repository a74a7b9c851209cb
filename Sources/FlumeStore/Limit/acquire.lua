-- Asks limits for leave, for what is no job in a queue: all of them, or none is charged.
--
-- KEYS  settings, meter, slots and back-off of each limit
-- ARGV  1 how many are wanted   2 how many will do   3 name of the slot   4 µs for which the slot is held without a word
--       5 starts that were let through and did not come, as `time*count time*count…`
--       then for each limit its kind, count, scale and burst; then patience; then how many limits
-- Returns {how many were granted, which limit has no room (0: none), µs until it has, µs a start may come later,
--          1 when a limit's settings are not in Redis, Redis's time in µs}

local wanted, enough = tonumber(ARGV[1]), tonumber(ARGV[2])
-- A first write that needs no memory lets the later ones through while Redis is out of it.
redis.call('PERSIST', KEYS[1])
local gate = limits.gate()
for time, count in string.gmatch(ARGV[5], '(%d+)%*(%d+)') do
  for i = 1, gate.size do limits.refund(gate[i], gate.now, tonumber(time), tonumber(count)) end
end
local allowed, stopping, wait = limits.look_all(gate, enough)
local granted = 0
if allowed >= enough then
  granted = math.min(allowed, wanted)
  limits.charge_all(gate, granted, { ARGV[3] }, string.format('%.0f', gate.now + tonumber(ARGV[4])))
  if granted < wanted then
    local _, index, time = limits.look_all(gate, enough)
    stopping, wait = index, time
  end
end
return { granted, stopping, wait, gate.margin, gate.undeclared, gate.now }
