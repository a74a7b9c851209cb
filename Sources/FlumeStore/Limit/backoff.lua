-- Makes a limit stricter because what it protects said so: 429 or 503.
--
-- KEYS  1 settings
-- ARGV  1 µs until it lets anything through again; 0: half of what it lets through now, at most once in each scale
--       2 kind   3 count   4 scale   5 burst, for a limit whose settings are not in Redis
-- Returns 1 changed, 0 it had just been halved

redis.call('PERSIST', KEYS[1])
if redis.call('HEXISTS', KEYS[1], 'kind') == 0 then
  redis.call('HSET', KEYS[1], 'kind', ARGV[2], 'count', ARGV[3], 'scale', ARGV[4], 'burst', ARGV[5])
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stored = redis.call('HMGET', KEYS[1], 'blocked_until', 'factor', 'factor_at', 'scale')
local pause = tonumber(ARGV[1])
if pause > 0 then
  if now + pause > (tonumber(stored[1]) or 0) then
    redis.call('HSET', KEYS[1], 'blocked_until', string.format('%.0f', now + pause))
  end
  return 1
end
local factor, since, scale = tonumber(stored[2]) or 1, tonumber(stored[3]) or 0, tonumber(stored[4])
local passed = math.max(0, now - since)
if factor < 1 then
  if passed < scale then return 0 end
  factor = math.min(1, factor + (1 - factor) * passed / (10 * scale))
end
redis.call('HSET', KEYS[1], 'factor', string.format('%.6f', factor / 2), 'factor_at', string.format('%.0f', now))
return 1
