-- Take a lease that is free, or held by the same holder.
-- KEYS: lease, its last fence. ARGV: holder, milliseconds. Returns the new fence, or nil if another holds it.
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+:(.*)$') ~= ARGV[1] then return nil end
-- Never below the clock, so that fences rise even where Redis was emptied.
local now = redis.call('TIME')
local clock = now[1] * 1000 + math.floor(now[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local fence = string.format('%.0f', math.max(last + 1, clock))
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[1], fence .. ':' .. ARGV[1], 'PX', ARGV[2])
return fence
