-- Hold a lease for longer, also one that ran out or was wiped if nobody has taken it since.
-- KEYS: lease, its last fence. ARGV: holder, milliseconds, fence. Returns 1, or 0 if it was taken anew.
local last = redis.call('GET', KEYS[2])
if last and last ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[3] .. ':' .. ARGV[1], 'PX', ARGV[2])
return 1
