-- What a limit is and how much of it is in use.
--
-- KEYS  settings, meter, slots and back-off of the limit
-- ARGV  its kind, count, scale and burst; patience; 1
-- Returns {kind, count now (after a back-off), scale, burst, how much room there is, µs until there is some}

redis.call('PERSIST', KEYS[1])
local gate = limits.gate()
local limit = gate[1]
local allowed, wait = limits.look(limit, gate.now, 1)
return { limit.kind, math.floor(limit.rate), limit.scale, limit.burst, allowed, wait }
