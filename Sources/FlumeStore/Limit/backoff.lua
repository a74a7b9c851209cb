-- Makes a limit stricter because what it protects said so: 429 or 503. In front of it stands limit.lua.
--
-- KEYS  1 settings   2 where the back-off is kept: the settings again, or a hash of one key of a limit by key
-- ARGV  1 µs until it lets anything through again; 0: half of what it lets through now, at most once in each scale
--       2 kind   3 count   4 scale   5 burst, for a limit whose settings are not in Redis
-- Returns 1 changed, 0 it had just been halved

redis.call('PERSIST', KEYS[1])
if redis.call('HEXISTS', KEYS[1], 'kind') == 0 then
  redis.call('HSET', KEYS[1], 'kind', ARGV[2], 'count', ARGV[3], 'scale', ARGV[4], 'burst', ARGV[5])
end
local now = limits.now()
local stored = redis.call('HMGET', KEYS[2], 'blocked_until', 'factor', 'factor_at')
local scale = tonumber(redis.call('HGET', KEYS[1], 'scale')) or tonumber(ARGV[4])
local blocked, factor, since = tonumber(stored[1]) or 0, tonumber(stored[2]) or 1, tonumber(stored[3]) or 0
local pause = tonumber(ARGV[1])
if pause > 0 then
  if now + pause > blocked then
    blocked = now + pause
    redis.call('HSET', KEYS[2], 'blocked_until', string.format('%.0f', blocked))
  end
else
  local passed = math.max(0, now - since)
  if factor < 1 then
    if passed < scale then return 0 end
    factor = math.min(1, factor + (1 - factor) * passed / (10 * scale))
  end
  since = now
  redis.call('HSET', KEYS[2], 'factor', string.format('%.6f', factor / 2), 'factor_at', string.format('%.0f', now))
end
if KEYS[2] ~= KEYS[1] then
  -- Keys come and go: what is over is not kept.
  local over = math.max(blocked, since + 10 * scale)
  redis.call('PEXPIRE', KEYS[2], string.format('%.0f', math.max(0, over - now) / 1000 + 1000))
end
return 1
