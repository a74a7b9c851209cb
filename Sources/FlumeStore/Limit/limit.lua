-- The arithmetic of limits. It is put in front of the scripts that need it; those name the keys.
-- All times are microseconds: Redis's clock since 1970, or lengths. Nothing here reads the clock but `limits.now`.
--
-- A limit has three keys: its settings (a hash, which every process follows so that a change counts at once), its meter
-- (what was let through: a list for a window, a string for a bucket), its slots (a hash of who holds one).
-- Kinds: window  no more than `count` in any length of `scale`
--        bucket  one each `scale / count`, up to `burst` at once after a rest
--        slots   no more than `count` at a time

local limits = {}

-- How long to wait before asking again for a slot of another process, whose end nobody can foretell.
local SLOT_WAIT = 20000

function limits.now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- A year: nothing is closed for longer, whoever wrote it there, and no number leaves this that Redis cannot reply with.
local LONGEST_BLOCK = 366 * 86400 * 1000000

-- What is left of a back-off: the share that is let through, and for how long nothing is.
local function calmness(factor, since, blocked_until, scale, now)
  factor = tonumber(factor) or 1
  if factor < 1 then
    -- It comes back in a straight line over ten scales.
    local passed = math.max(0, now - (tonumber(since) or 0))
    factor = math.min(1, factor + (1 - factor) * passed / (10 * scale))
  end
  return factor, math.min(LONGEST_BLOCK, math.max(0, (tonumber(blocked_until) or 0) - now))
end

-- A limit as it is now. `numbers` are what the caller was configured with; what is stored counts more.
-- `patience` is how many times the usual delay between admission and start this caller needs. `calm` is the back-off of
-- one key by itself, for limits that hold for each key.
function limits.open(settings, meter, slots, numbers, now, patience, calm)
  local limit = { meter = meter, slots = slots, kind = numbers[1] }
  local count, scale, burst = tonumber(numbers[2]), tonumber(numbers[3]), tonumber(numbers[4])
  local stored = redis.pcall('HMGET', settings, 'kind', 'count', 'scale', 'burst', 'factor', 'factor_at', 'blocked_until')
  limit.undeclared = not stored[1]
  if stored[1] and (stored[1] == 'slots') == (limit.kind == 'slots') then
    limit.kind = stored[1]
    count, scale, burst = tonumber(stored[2]), tonumber(stored[3]), tonumber(stored[4])
  end
  local factor, blocked = calmness(stored[5], stored[6], stored[7], scale, now)
  if calm and calm ~= settings then
    local own = redis.pcall('HMGET', calm, 'factor', 'factor_at', 'blocked_until')
    local its_factor, its_block = calmness(own[1], own[2], own[3], scale, now)
    factor, blocked = factor * its_factor, math.max(blocked, its_block)
  end
  limit.scale, limit.burst, limit.rate = scale, burst, math.max(1, count * factor)
  limit.blocked = blocked
  -- What is admitted starts a little later. The window is longer by what that may be, and by more for whoever looks at
  -- the start from outside: by what the job does first.
  limit.usual = math.floor(math.min(math.max(scale * 3 / 200, 2000), 30000, scale / 2))
  limit.margin = math.floor(math.min(limit.usual * patience, math.max(limit.usual, scale / 2)))
  return limit
end

-- How long until a time in the index of keys with parked jobs.
function limits.wait_for(score, now) return math.min(LONGEST_BLOCK, math.max(0, tonumber(score) - now)) end

local function entry(text)
  local expiry, sum = string.match(text, '^(%d+):(%d+)$')
  return tonumber(expiry), tonumber(sum)
end

-- When what is let through now counts no more. What falls into the same grain of time is one entry, of the later end.
local function expiry_of(limit, time, margin)
  local grain = math.max(1, math.floor(limit.scale / 2000))
  return (math.floor(time / grain) + 1) * grain + limit.scale + margin
end

-- The log of a window: `expiry:sum`, where sum counts everything up to here since the log began. An entry that is over
-- stays as long as it is the newest of those: its sum is what counts no more.
local function look_window(limit, now)
  local meter = limit.meter
  local page = redis.pcall('LRANGE', meter, 0, 1)
  if page.err then
    redis.call('DEL', meter)
    page = {}
  end
  while page[2] and entry(page[2]) <= now do
    page = redis.call('LRANGE', meter, 0, 99)
    local over = 0
    while page[over + 1] and entry(page[over + 1]) <= now do over = over + 1 end
    redis.call('LTRIM', meter, over - 1, -1)
    page = redis.call('LRANGE', meter, 0, 1)
  end
  limit.expiry = expiry_of(limit, now, limit.margin)
  limit.last, limit.sum, limit.base = 0, 0, 0
  local used = 0
  if page[1] then
    limit.last, limit.sum = entry(redis.call('LINDEX', meter, -1))
    local expiry, sum = entry(page[1])
    if expiry <= now then
      limit.base = sum
      if page[2] then expiry, sum = entry(page[2]) end
    end
    limit.first, limit.first_sum = expiry, sum
    used = limit.sum - limit.base
    if limit.last > now + 3 * limit.scale + 1000000 then
      -- The clock went back, or the scale was made much shorter: everything counts from now on, and no longer.
      redis.call('DEL', meter)
      limit.last, limit.sum, limit.base = limit.expiry, used, 0
      limit.first, limit.first_sum = limit.last, used
      redis.call('RPUSH', meter, string.format('%.0f:%.0f', limit.last, used))
      redis.call('PEXPIRE', meter, math.ceil((limit.last - now) / 1000) + 1000)
    end
  end
  limit.used = used
  return math.floor(limit.rate) - used
end

-- When so many of what counts now will count no more.
local function window_frees(limit, wanted)
  local target = limit.base + limit.used - math.floor(limit.rate) + wanted
  if target >= limit.sum then return limit.last end
  if limit.first_sum >= target then return limit.first end
  local low, high = 0, redis.call('LLEN', limit.meter) - 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    local _, sum = entry(redis.call('LINDEX', limit.meter, middle))
    if sum >= target then high = middle else low = middle + 1 end
  end
  return (entry(redis.call('LINDEX', limit.meter, low)))
end

local function charge_window(limit, now, count)
  local sum = limit.sum + count
  if limit.last >= limit.expiry then
    redis.call('LSET', limit.meter, -1, string.format('%.0f:%.0f', limit.last, sum))
  else
    redis.call('RPUSH', limit.meter, string.format('%.0f:%.0f', limit.expiry, sum))
    redis.call('PEXPIRE', limit.meter, math.ceil((limit.expiry - now) / 1000) + 1000)
  end
end

-- A bucket is the time at which it will be full again (the theoretical arrival time of GCRA).
local function look_bucket(limit, now)
  local stored = redis.pcall('GET', limit.meter)
  if type(stored) == 'table' then
    redis.call('DEL', limit.meter)
    stored = nil
  end
  limit.emission = limit.scale / limit.rate
  local debt = math.max(0, (stored and tonumber(stored) or 0) - now)
  -- The clock went back, or the bucket was made smaller: it owes no more than all it can.
  limit.debt = math.min(debt, limit.emission * limit.burst + limit.scale)
  return math.floor((limit.emission * limit.burst - limit.debt + 0.5) / limit.emission)
end

local function charge_bucket(limit, now, count)
  local debt = limit.debt + count * limit.emission
  redis.call('SET', limit.meter, string.format('%.17g', now + debt), 'PX', math.ceil(debt / 1000) + 1000)
end

-- Takes back what was charged at a time for starts that did not come. To be called before `look`.
function limits.refund(limit, now, time, count)
  if limit.kind == 'window' then
    local expiry = expiry_of(limit, time, limit.usual)
    if expiry <= now then return end
    -- All entries from that one on: their sums count it.
    for i = -1, -2200, -1 do
      local text = redis.pcall('LINDEX', limit.meter, i)
      if type(text) ~= 'string' then return end
      local ends, sum = entry(text)
      if ends < expiry then return end
      redis.call('LSET', limit.meter, i, string.format('%.0f:%.0f', ends, math.max(0, sum - count)))
    end
  elseif limit.kind == 'bucket' then
    local full_at = redis.pcall('GET', limit.meter)
    if type(full_at) ~= 'string' then return end
    local emission = limit.scale / limit.rate
    redis.call('SET', limit.meter, string.format('%.17g', tonumber(full_at) - count * emission), 'KEEPTTL')
  end
end

-- A slot's value says who gives it back: '' the process that runs the job of that name; a time, itself at that time.
local function look_slots(limit, now)
  local used = redis.pcall('HLEN', limit.slots)
  if type(used) == 'table' then
    redis.call('DEL', limit.slots)
    used = 0
  end
  if used >= math.floor(limit.rate) and used > 0 then
    local held = redis.call('HGETALL', limit.slots)
    for i = 1, #held, 2 do
      local ends = tonumber(held[i + 1])
      if ends and ends <= now then used = used - redis.call('HDEL', limit.slots, held[i]) end
    end
  end
  return math.floor(limit.rate) - used
end

-- How many this limit lets through now, at least 0; and if none, how long until it lets `wanted` through.
function limits.look(limit, now, wanted)
  local allowed
  if limit.kind == 'window' then
    allowed = look_window(limit, now)
  elseif limit.kind == 'bucket' then
    allowed = look_bucket(limit, now)
  else
    allowed = look_slots(limit, now)
  end
  if limit.blocked > 0 then return 0, limit.blocked end
  if allowed >= wanted then return allowed, 0 end
  local wait = SLOT_WAIT
  if limit.kind == 'window' then
    wait = window_frees(limit, math.min(wanted, math.floor(limit.rate))) - now
  elseif limit.kind == 'bucket' then
    wait = math.min(wanted, limit.burst) * limit.emission - (limit.emission * limit.burst - limit.debt)
  end
  return math.max(0, allowed), math.ceil(math.max(1, wait))
end

-- Counts what was let through. `names` and `value` are for slots. Call `look` first.
function limits.charge(limit, now, count, names, value)
  if count == 0 then return end
  if limit.kind == 'window' then
    charge_window(limit, now, count)
  elseif limit.kind == 'bucket' then
    charge_bucket(limit, now, count)
  else
    for i = 1, count do redis.call('HSET', limit.slots, names[i], value) end
  end
end

-- How much later than its admission a start may come.
function limits.delay(limit)
  return math.floor(math.max(limit.margin / 4, math.min(limit.margin / 2, 2000)))
end

-- Several limits of which each must have room. KEYS ends with their settings, meter, slots and back-off; ARGV with the kind,
-- count, scale and burst of each, the patience, and how many they are.
function limits.gate()
  local size, patience = tonumber(ARGV[#ARGV]), tonumber(ARGV[#ARGV - 1])
  local gate = { size = size, now = limits.now(), margin = 15000, undeclared = 0 }
  for i = 1, size do
    local key, argument = #KEYS - 4 * (size - i + 1), #ARGV - 2 - 4 * (size - i + 1)
    local numbers = { ARGV[argument + 1], ARGV[argument + 2], ARGV[argument + 3], ARGV[argument + 4] }
    gate[i] = limits.open(KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], numbers, gate.now, patience, KEYS[key + 4])
    if gate[i].undeclared then gate.undeclared = 1 end
    if gate[i].kind == 'slots' then gate.has_slots = true else gate.margin = math.min(gate.margin, limits.delay(gate[i])) end
  end
  return gate
end

-- How many all of them let through; else which one is the last to have room again, and in how long.
function limits.look_all(gate, wanted)
  local allowed, stopping, longest = math.huge, 0, 0
  for i = 1, gate.size do
    local room, wait = limits.look(gate[i], gate.now, wanted)
    allowed = math.min(allowed, room)
    if wait > longest then stopping, longest = i, wait end
  end
  return allowed, stopping, longest
end

function limits.charge_all(gate, count, names, value)
  for i = 1, gate.size do limits.charge(gate[i], gate.now, count, names, value) end
end

-- Limits by key for the keys of some jobs. KEYS has from `settings` on the settings of each limit; then for the keys of
-- some jobs a parked list, and for each limit its meter, its slots and its back-off. ARGV has from `numbers` on the kind,
-- count, scale and burst of each limit; then for the same keys their name, and for each limit 1 if it is for these jobs.
function limits.group(number, size, settings, numbers, now)
  local key = settings + size + (1 + 3 * size) * (number - 1)
  local argument = numbers + 4 * size + (1 + size) * (number - 1)
  local group = { size = 0, now = now, parked = KEYS[key], name = ARGV[argument], margin = 15000, slots = {} }
  for i = 1, size do
    if ARGV[argument + i] == '1' then
      local at, first = key + 3 * (i - 1), numbers + 4 * (i - 1)
      local limit = limits.open(KEYS[settings + i - 1], KEYS[at + 1], KEYS[at + 2],
        { ARGV[first], ARGV[first + 1], ARGV[first + 2], ARGV[first + 3] }, now, 1, KEYS[at + 3])
      if limit.undeclared then group.undeclared = 1 end
      group.size = group.size + 1
      group[group.size] = limit
      if limit.kind == 'slots' then
        group.slots[#group.slots + 1] = limit.slots
      else
        group.margin = math.min(group.margin, limits.delay(limit))
      end
    end
  end
  return group
end
