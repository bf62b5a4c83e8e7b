-- Acknowledge and delete an entry of a stream. On: owned, keep_latest.
-- KEYS: the owner's last fence, stream, what is known of the token last. ARGV: fence, group, id, seconds the last is
-- kept; 0 if the entry says nothing to keep. Returns how many were still there.
local stale = owned(KEYS[1], ARGV[1])
if stale then return stale end
if ARGV[4] ~= '0' then keep_latest(KEYS[2], ARGV[3], KEYS[3], ARGV[4]) end
redis.call('XACK', KEYS[2], ARGV[2], ARGV[3])
return redis.call('XDEL', KEYS[2], ARGV[3])
