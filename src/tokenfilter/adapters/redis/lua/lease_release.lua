-- Let go of a lease that is still the holder's.
-- KEYS: lease. ARGV: holder, fence. Returns whether it was.
if redis.call('GET', KEYS[1]) ~= ARGV[2] .. ':' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
