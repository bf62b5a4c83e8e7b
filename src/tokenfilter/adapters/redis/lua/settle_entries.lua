-- Acknowledge and delete entries of a stream. On: owned.
-- KEYS: the owner's last fence, stream. ARGV: fence, group, ids. Returns how many were still there.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
local ids = {unpack(ARGV, 3)}
redis.call('XACK', KEYS[2], ARGV[2], unpack(ids))
return redis.call('XDEL', KEYS[2], unpack(ids))
